"""The leaderboard's page in Markdown: every result set with tables, failures and protocol, then the claims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...core.records.record import Record
from .. import scenarios
from ..tables import captions
from ..tables.result_sets import ResultSet
from ..tables.table import Table
from .render import markdown
from .render.cells import flat
from .render.markdown import escape

_LONGEST = 300
"""Characters of a failure's reason that are shown."""


def page(found: Sequence[tuple[ResultSet, Sequence[Table]]], mixed: bool) -> str:
    """Return the page.

    Args:
        found: Result sets with their tables, the claims last.
        mixed: Whether one data set and victim come under several protocols.
    """
    lines = ["# Leaderboard", "", "Made from the records beside it by `rbench report DIR`; edits by hand are lost.", ""]
    if mixed:
        lines += ["The records follow several protocols; numbers of different protocols must not be compared.", ""]
    for result_set, (*tables, _) in found:
        lines += _section(result_set, tables)
    claims = [tables[-1] for _, tables in found if tables[-1].rows or tables[-1].notes]
    lines += ["## Claims", ""] if claims else []
    for table in claims:
        lines += [f"### {escape(table.subject)}", "", *markdown.body(table)]
    sources = tuple(dict.fromkeys(source for table in claims for source in table.sources))
    for table in claims[:1]:  # they have the same caption
        lines += markdown.foot(replace(table, sources=sources))
    return "\n".join(lines).rstrip("\n") + "\n"


def _section(result_set: ResultSet, tables: Sequence[Table]) -> list[str]:
    lines = [f"## {escape(captions.subject(result_set))}", "", *markdown.sections(tables)]
    if few := captions.uneven(result_set):
        lines += ["Rows with fewer seeds than others:", "", *(f"- {escape(sentence)}" for sentence in few), ""]
    if result_set.failed:
        lines += ["Failed cells:", "", *map(_failure, result_set.failed), ""]
    note = scenarios.get(result_set.scenario).attack_note
    protocol = (flat(line).replace("`", "'") for line in captions.protocol(result_set, note))
    lines += [f"Protocol {result_set.digest} in full, and how each attack was set:", ""]
    return [*lines, "```text", *protocol, "```", ""]


def _failure(record: Record) -> str:
    cell = record.cell
    reason = flat(record.error or "no reason was recorded")
    reason = reason if len(reason) <= _LONGEST else f"{reason[: _LONGEST - 1]}…"
    return f"- {escape(' · '.join((cell.attack, cell.mode, cell.defense)))}, seed {cell.seed}: {escape(reason)}"
