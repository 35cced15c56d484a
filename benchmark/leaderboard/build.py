"""The leaderboard: Markdown and CSV files, made from records alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...core.record import Record
from .. import scenarios
from ..tables.captions import protocol
from ..tables.formats import uneven
from ..tables.markdown import escape, flat
from ..tables.number import Numbers
from ..tables.result_sets import ResultSet
from .aggregate import Aggregated, aggregate
from .claims import Claim, load
from .claims_table import claims_table
from .summary import summary_markdown
from .tidy_csv import csv_bytes


def build(records: Iterable[Record], claims: Sequence[Claim] | None = None) -> dict[str, bytes]:
    """Return the leaderboard's files by name: ``leaderboard.md`` and ``leaderboard.csv``.

    Where one data set and victim come under several protocols, there is a CSV for each,
    ``leaderboard-<digest>.csv``, so that no file mixes numbers which must not be compared.

    Args:
        records: All records, in any order.
        claims: The claims to be judged; by default those that come with rbench.

    Raises:
        UserError: If records contradict each other.
    """
    return render(aggregate(records), claims)


def render(found: Aggregated, claims: Sequence[Claim] | None = None) -> dict[str, bytes]:
    """Return the same files from result sets whose numbers are there already."""
    every = [result_set for result_set, _ in found]
    files = {"leaderboard.md": _markdown(found, load() if claims is None else claims)}
    files |= named([(result_set, scenarios.get(result_set.scenario).files(result_set)) for result_set in every])
    if not _mixed(every):
        return files | {"leaderboard.csv": csv_bytes(found)}
    for digest in sorted({result_set.digest for result_set in every}):
        files[f"leaderboard-{digest}.csv"] = csv_bytes([pair for pair in found if pair[0].digest == digest])
    return files


def named(files: Sequence[tuple[ResultSet, dict[str, bytes]]]) -> dict[str, bytes]:
    """Return result sets' files by name, with the protocol's digest in the name where several result sets have one."""
    several = sum(bool(own) for _, own in files) > 1
    return {
        f"{stem}-{result_set.digest}.{suffix}" if several else f"{stem}.{suffix}": content
        for result_set, own in files
        for (stem, _, suffix), content in ((name.partition("."), content) for name, content in own.items())
    }


def _mixed(found: Sequence[ResultSet]) -> bool:
    return len({(result_set.dataset, result_set.model) for result_set in found}) < len(found)


def _markdown(found: Aggregated, claims: Sequence[Claim]) -> bytes:
    every = [result_set for result_set, _ in found]
    lines = ["# Leaderboard", "", "Made from the records beside it by `rbench report DIR`; edits by hand are lost.", ""]
    if _mixed(every):
        lines += ["The records follow several protocols; numbers of different protocols must not be compared.", ""]
    for pair in found:
        lines += _section(*pair)
    lines += ["## Claims", "", *claims_table(every, claims)]
    return ("\n".join(lines).rstrip("\n") + "\n").encode()


def _section(result_set: ResultSet, numbers: Numbers) -> list[str]:
    scenario = scenarios.get(result_set.scenario)
    lines = [f"## {escape(result_set.dataset)} · {escape(result_set.model)} · protocol {result_set.digest}", ""]
    lines += ["### In short", "", *summary_markdown(result_set, numbers), ""]
    lines += scenario.tables(result_set, numbers)
    if few := uneven(result_set):
        lines += ["Rows with fewer seeds than others:", "", *(f"- {sentence}" for sentence in few), ""]
    if result_set.failed:
        lines += ["Failed cells:", "", *map(_failure, result_set.failed), ""]
    return lines + protocol(result_set, scenario.attack_note)


def _failure(record: Record) -> str:
    cell = record.cell
    reason = flat(record.error or "no reason was recorded")
    reason = reason if len(reason) <= 300 else reason[:299] + "…"
    return f"- {escape(' · '.join((cell.attack, cell.mode, cell.defense)))}, seed {cell.seed}: {escape(reason)}"
