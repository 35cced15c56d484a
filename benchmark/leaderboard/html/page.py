"""The leaderboard as one HTML file: tables, claims, protocol, and where each row comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ....core.records.record import Record
from ... import scenarios
from ...tables import captions
from ...tables.pictures.drawing import matplotlib_version
from ...tables.result_sets import ResultSet, RowKey
from ...tables.table import Table
from ..bibtex import bibtex
from .environment import render
from .figures import Figure, figures
from .inline import Rules, stylesheet
from .origins import Origin, configuration, origins

MOST_RECORDS = 3000
"""Above it, the page has each result set's summary and claims alone, and leaves the rest to the CSV file."""


@dataclass(frozen=True)
class Section:
    """A result set on the page.

    Attributes:
        id: Before the ids of all that it holds.
        result_set: The result set.
        tables: Its tables, the summary first.
        origins: Where its rows come from; empty on a page that is cut.
        rows: The ids of its rows' origins.
        earlier: By a table's name, id and table of an earlier result set that has the same columns.
        figures: Its pictures, the one to look at first before the others.
        missing: Pictures that could not be drawn.
        configuration: Name and content of the file that a row's command reads.
        uneven: Which rows have fewer seeds than others, a sentence each.
        protocol: The lines of the whole protocol.
    """

    id: str
    result_set: ResultSet
    tables: Sequence[Table]
    origins: Sequence[Origin]
    rows: Mapping[RowKey, str]
    earlier: Mapping[str, tuple[str, Table]]
    figures: Sequence[Figure]
    missing: Sequence[str]
    configuration: tuple[str, str]
    uneven: Sequence[str]
    protocol: Sequence[str]

    @property
    def failed(self) -> Sequence[Record]:
        """Records of cells that could not be finished."""
        return self.result_set.failed


def page(found: Sequence[tuple[ResultSet, Sequence[Table]]], mixed: bool, csv: Sequence[str]) -> bytes:
    """Return the page.

    Args:
        found: Result sets with their tables, the summary first.
        mixed: Whether one data set and victim come under several protocols.
        csv: Names of the CSV files beside the page.
    """
    every = [result_set for result_set, _ in found]
    n_records = sum(len(row) for result_set in every for row in result_set.rows.values())
    cut = n_records > MOST_RECORDS
    rules: Rules = {}
    sections: list[Section] = []
    for n, pair in enumerate(found, 1):
        sections.append(_section(f"d{n}", *pair, cut, rules, sections))
    subjects = dict.fromkeys(f"{result_set.dataset} · {result_set.model}" for result_set in every)
    seeds = sorted({seed for result_set in every for row in result_set.rows.values() for seed in row})
    return render(
        "leaderboard.html",
        title=f"Leaderboard: {', '.join(subjects)}",
        sections=sections,
        rules=stylesheet(rules),
        mixed=mixed,
        csv=csv,
        cut=cut,
        most=MOST_RECORDS,
        n_records=n_records,
        n_failed=sum(len(result_set.failed) for result_set in every),
        seeds=seeds,
        bibtex=bibtex(record for result_set in every for row in result_set.rows.values() for record in row.values()),
        matplotlib=matplotlib_version() if any(part.figures for part in sections) else None,
    )


def _section(
    id_: str, result_set: ResultSet, tables: Sequence[Table], cut: bool, rules: Rules, before: Sequence[Section]
) -> Section:
    note = scenarios.get(result_set.scenario).attack_note
    shown = (tables[0], tables[-1]) if cut else tables
    summary = {*tables[0].about}
    rows = {key: f"{id_}-row{n}" for n, key in enumerate(result_set.rows, 1)}
    places = {key: f"{row}-short" if key in summary else row for key, row in rows.items() if key in summary or not cut}
    earlier: dict[str, tuple[str, Table]] = {}
    for table in shown:
        alike = ((part, one) for part in before for one in part.tables if _reads_alike(one, table))
        for part, one in alike:
            earlier.setdefault(table.name, (f"{part.id}-{one.name}", one))
    drawn, missing = figures(result_set, id_, places, rules)
    return Section(
        id_,
        result_set,
        [table for table in shown if table.rows or table.notes],
        [] if cut else origins(result_set),
        rows,
        earlier,
        drawn,
        missing,
        configuration(result_set),
        captions.uneven(result_set),
        captions.protocol(result_set, note),
    )


def _reads_alike(one: Table, other: Table) -> bool:
    return (one.name, one.columns, one.sources) == (other.name, other.columns, other.sources)
