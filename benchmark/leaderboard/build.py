"""The leaderboard's tables and files, made from records alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

from ...core.records.record import Record
from .. import scenarios
from ..tables.captions import subject
from ..tables.number import Numbers
from ..tables.pictures.drawing import FORMS, draw
from ..tables.result_sets import ResultSet
from ..tables.table import Table
from .aggregate import Aggregated, aggregate
from .claims import Claim, load
from .claims_table import claims_table
from .html.page import page as html_page
from .page import page
from .render import csv
from .tidy_csv import csv_bytes

Content = TypeVar("Content")


def tables(result_set: ResultSet, numbers: Numbers, claims: Sequence[Claim] | None = None) -> list[Table]:
    """Return all tables of a result set: ``summary`` first, then its scenario's own, ``claims`` last.

    Args:
        result_set: The records.
        numbers: Their numbers.
        claims: The claims to be judged; by default those that come with rbench.
    """
    scenario = scenarios.get(result_set.scenario)
    judged = claims_table(result_set, load() if claims is None else claims)
    found = [scenario.summary(result_set, numbers), *scenario.tables(result_set, numbers), judged]
    return [replace(table, subject=subject(result_set)) for table in found]


def build(records: Iterable[Record], claims: Sequence[Claim] | None = None, html: bool = False) -> dict[str, bytes]:
    """Return the leaderboard's files by name; pictures are drawn apart, by :func:`figures`.

    These are ``leaderboard.md``, ``leaderboard.csv``, ``leaderboard.html`` if it is asked for, and the scenario's own
    series, e.g. ``epochs.csv``. Where one data set and victim come under several protocols, there is a CSV for each,
    ``leaderboard-<digest>.csv``, so that no file mixes numbers which must not be compared.

    Args:
        records: All records, in any order.
        claims: The claims to be judged; by default those that come with rbench.
        html: Whether to make the page in HTML.

    Raises:
        UserError: If records contradict each other.
    """
    return files(aggregate(records), claims, html)


def files(found: Aggregated, claims: Sequence[Claim] | None = None, html: bool = False) -> dict[str, bytes]:
    """Return the same files from result sets whose numbers are there already."""
    every = [result_set for result_set, _ in found]
    mixed = len({(result_set.dataset, result_set.model) for result_set in every}) < len(every)
    claims = load() if claims is None else claims
    shown = [(result_set, tables(result_set, numbers, claims)) for result_set, numbers in found]
    made = {"leaderboard.md": page(shown, mixed).encode()}
    made |= _named([(result_set, _series(result_set)) for result_set in every])
    digests = sorted({result_set.digest for result_set in every}) if mixed else []
    split = {f"leaderboard-{digest}.csv": [pair for pair in found if pair[0].digest == digest] for digest in digests}
    numbers = {name: csv_bytes(pairs) for name, pairs in (split or {"leaderboard.csv": found}).items()}
    return made | numbers | ({"leaderboard.html": html_page(shown, mixed, [*numbers])} if html else {})


def figures(result_sets: Sequence[ResultSet], names: Collection[str] | None = None) -> dict[str, bytes]:
    """Return the pictures of result sets by file name; the same numbers and matplotlib give the same bytes.

    Args:
        result_sets: The result sets.
        names: Those that are wanted; by default all, the pictures that are data as SVG and as PDF.

    Raises:
        UserError: If what they are drawn with isn't installed.
    """
    drawers = _named([(result_set, _drawers(result_set)) for result_set in result_sets])
    return {name: drawn() for name, drawn in drawers.items() if names is None or name in names}


def _drawers(result_set: ResultSet) -> dict[str, Callable[[], bytes]]:
    """Return what draws each picture, by file name: it takes a moment, and few pictures may be wanted."""
    scenario = scenarios.get(result_set.scenario)
    found: dict[str, Callable[[], bytes]] = {
        name: partial(bytes, content) for name, content in scenario.figures(result_set).items()
    }
    for picture in scenario.pictures(result_set):
        found |= {f"{picture.name}.{form}": partial(draw, picture, form) for form in FORMS}
    return found


def _series(result_set: ResultSet) -> dict[str, bytes]:
    found = scenarios.get(result_set.scenario).series(result_set)
    return {f"{table.name}.csv": csv.render([table]).encode() for table in found}


def _named(found: Sequence[tuple[ResultSet, Mapping[str, Content]]]) -> dict[str, Content]:
    """Return result sets' files by name, with the protocol's digest in the name where several result sets have one.

    Raises:
        ValueError: If a scenario makes a file that it does not declare, which nobody would recognise as its own.
    """
    several = sum(bool(own) for _, own in found) > 1
    made: dict[str, Content] = {}
    for result_set, own in found:
        if undeclared := set(own) - {*scenarios.get(result_set.scenario).own_files}:
            raise ValueError(f"scenario {result_set.scenario}: own_files lacks {', '.join(sorted(undeclared))}")
        for name, content in own.items():
            stem, _, suffix = name.partition(".")
            made[f"{stem}-{result_set.digest}.{suffix}" if several else name] = content
    return made
