"""Several folders of results on one page: what is in each, and the attacks' exposure in all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ... import scenarios
from ...scenarios.pictures import TRADE_OFF
from ...tables.pictures.picture import Mark, marks
from ...tables.result_sets import ResultSet, RowKey
from ...tables.table import NOTHING, Column, Format, Table, TableCell, count, text
from ..claims import HOLDS, REFUTED, UNDECIDED, Claim
from ..claims_table import claims_table
from .environment import render

VERDICTS = (HOLDS, REFUTED, UNDECIDED)
_NAMES = ("folder", "scenario", "data sets", "victims", "attacks", "modes", "defenses", "seeds")
ACROSS = (
    "Means over seeds with 95% intervals, without defenses; of attacks on a group, among the group. Folders differ in "
    "data and protocol: their numbers stand beside each other and are not tested against each other."
)


@dataclass(frozen=True)
class Folder:
    """One folder of results.

    Attributes:
        name: Its path from the index, with slashes.
        page: The name of the leaderboard's file in it.
        result_sets: Its result sets.
    """

    name: str
    page: str
    result_sets: Sequence[ResultSet]


def index(folders: Sequence[Folder], claims: Sequence[Claim]) -> bytes:
    """Return the page.

    Args:
        folders: The folders.
        claims: The claims to be judged.
    """
    return render(
        "index.html", title="Results", folders=folders, tables=[_contents(folders, claims), *_across(folders)]
    )


def _contents(folders: Sequence[Folder], claims: Sequence[Claim]) -> Table:
    numbers = [Column("cells"), Column("failed"), *map(Column, VERDICTS)]
    columns = (*(Column(name, "left") for name in _NAMES), *numbers)
    caption = ("The last columns count the papers' claims by verdict; the leaderboards have each of them.",)
    return Table("folders", "Folders", columns, tuple(_content(folder, claims) for folder in folders), caption=caption)


def _content(folder: Folder, claims: Sequence[Claim]) -> tuple[TableCell, ...]:
    every = folder.result_sets
    keys = [key for found in every for key in found.rows]
    seeds = sorted({seed for found in every for row in found.rows.values() for seed in row})
    names = (
        [folder.name],
        (found.scenario for found in every),
        (found.dataset for found in every),
        (found.model for found in every),
        (key.attack for key in keys),
        (key.mode for key in keys),
        (key.defense for key in keys),
        map(str, seeds),
    )
    verdicts = Counter(row[-1].text for found in every for row in claims_table(found, claims).rows)
    numbers = [sum(len(row) for found in every for row in found.rows.values()), sum(len(f.failed) for f in every)]
    return (*map(_listed, names), *map(count, numbers), *(count(verdicts[verdict]) for verdict in VERDICTS))


def _listed(names: Iterable[str]) -> TableCell:
    return text(", ".join(dict.fromkeys(names)))


def _across(folders: Sequence[Folder]) -> list[Table]:
    """Return for each scenario a table with a row an attack and mode, and a column a result set."""
    tables = []
    for name in dict.fromkeys(found.scenario for folder in folders for found in folder.result_sets):
        found = [(folder, own) for folder in folders for own in folder.result_sets if own.scenario == name]
        columns = [(folder, own, shown) for folder, own in found if (shown := _exposure(own))]
        keys = list(dict.fromkeys(key for _, _, (_, marks) in columns for key in marks))
        if columns:
            heads = [Column(f"{folder.name}: {own.dataset} · {own.model}") for folder, own, _ in columns]
            unit = columns[0][2][0]
            rows = tuple(
                (text(key.attack), text(key.mode), *(_cell(marks.get(key)) for _, _, (_, marks) in columns))
                for key in keys
            )
            every = (Column("attack", "left"), Column("mode", "left"), *heads)
            title = f"Exposure across data sets and victims: {name}"
            tables.append(Table(f"across-{name}", title, every, rows, 2, (f"{unit}. {ACROSS}",)))
    return tables


def _exposure(result_set: ResultSet) -> tuple[str, dict[RowKey, Mark]] | None:
    """Return the exposure that the scenario's trade-off shows of rows without a defense, and its unit."""
    pictures = scenarios.get(result_set.scenario).pictures(result_set)
    found = next((picture for picture in pictures if picture.name == TRADE_OFF), None)
    return (found.unit, {mark.about: mark for mark in marks(found) if mark.before is None}) if found else None


def _cell(mark: Mark | None) -> TableCell:
    return TableCell(mark.y.mean, mark.y.low, mark.y.high, mark.y.n, format=Format(2)) if mark else NOTHING
