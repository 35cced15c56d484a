"""``rbench compare``: two folders of results, cell by cell."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import groupby

import click

from ...core.errors import unknown
from ..api.results import compare as compare_results
from ..leaderboard.compare import COLUMNS, Difference, ResultsComparison
from ..leaderboard.render import csv, terminal
from ..run.collector import collecting
from ..tables.table import NOTHING, Column, Table, TableCell, changed, count, p_value, text
from .plugins import plugin_option

NAMES = ("attack", "mode", "defense", "users", "metric")
NUMBERS = ("first", "second", "difference", "seeds", "adjusted p")
HEADER = (*(Column(name, "left") for name in NAMES), *map(Column, NUMBERS))


@click.command(short_help="Compare two folders of results, cell by cell.")
@click.argument("first")
@click.argument("second")
@click.option(
    "--metrics",
    metavar="A,B,...",
    help="Which to show. Default: of those with a length, such as HIT@5, only the shortest.",
)
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@click.option("--csv", "as_csv", is_flag=True, help="Machine-readable, a row a number.")
@plugin_option
@collecting(False)
def compare(
    first: str, second: str, metrics: str | None, as_json: bool, as_csv: bool, plugins: tuple[str, ...]
) -> None:
    """Compare the records in FIRST and SECOND: the same cells, paired by seed.

    A difference is SECOND - FIRST, of a ratio such as lambda the factor SECOND / FIRST, with its 95% interval and a
    t-test paired by seed (Holm over the rows of a metric whose attacks aim alike). What was made
    under different protocols is refused.
    """
    found = compare_results(first, second)
    known = list(dict.fromkeys(difference.metric for difference in found.differences))
    wanted = known if metrics is None else [name.strip() for name in metrics.split(",")]
    if strange := [name for name in wanted if name not in known]:
        raise unknown("metric", strange[0], known)
    chosen = [difference for difference in found.differences if difference.metric in wanted]
    if as_json:
        click.echo(json.dumps(_plain(found, chosen), indent=2, ensure_ascii=False))
    elif as_csv:
        click.echo(_csv(chosen), nl=False)
    else:
        click.echo("\n".join(found.sentences()))
        click.echo(_tables(chosen, wanted if metrics else _shortest(known)))


def _plain(found: ResultsComparison, chosen: Iterable[Difference]) -> dict[str, object]:
    return {
        "first": found.names[0],
        "second": found.names[1],
        "cells in both": found.n_cells,
        "from the same stages": found.n_same,
        "notes": found.notes,
        "only in first": [vars(cell) for cell in found.only[0]],
        "only in second": [vars(cell) for cell in found.only[1]],
        "differences": [dict(zip(COLUMNS, difference.values(), strict=True)) for difference in chosen],
    }


def _csv(chosen: Iterable[Difference]) -> str:
    def cells(difference: Difference) -> list[str]:
        return [csv.safe(v) if isinstance(v, str) else csv.number(v) for v in difference.values()]

    return csv.lines(COLUMNS, map(cells, chosen))


def _shortest(metrics: Iterable[str]) -> list[str]:
    """Return the metrics, of those that differ only in the length after ``@`` the one with the smallest."""
    found: dict[str, tuple[float, str]] = {}
    for name in metrics:
        stem, _, length = name.partition("@")
        entry = (float(length) if length.isdecimal() else 0.0, name)
        found[stem] = min(found.get(stem, entry), entry)
    return [name for _, name in found.values()]


def _tables(chosen: Sequence[Difference], metrics: Sequence[str]) -> str:
    """Return a table a data set and model: the numbers of these metrics that are not the same in both."""
    parts = []
    shown = [difference for difference in chosen if difference.metric in metrics and not difference.is_zero]
    for title, own in groupby(shown, key=lambda d: f"{d.result_set.dataset} · {d.result_set.model}"):
        table = Table("compare", title, HEADER, tuple(map(_row, own)), keys=len(NAMES))
        parts += ["", title, *terminal.grid(table, terminal.columns())]
    same = sum(difference.is_zero for difference in chosen)
    reasons = sorted({d.test.reason for d in shown if d.test.reason})
    differ = len(chosen) - same
    hidden = f", {differ - len(shown)} of them not shown (--metrics, --json)" if len(shown) < differ else ""
    parts.append(f"\n{len(chosen)} numbers: {same} the same in both in every seed, {differ} differ{hidden}.")
    if reasons:
        parts.append(f"No test: {'; '.join(reasons)}.")
    return "\n".join(parts)


def _row(d: Difference) -> tuple[TableCell, ...]:
    names = (text(part) for part in (*d.key, d.audience, d.metric))
    means = (NOTHING if mean is None else text(f"{mean:.4g}") for mean in (d.first, d.second))
    return (*names, *means, changed(d.change, d.scale, 4), count(d.change.n), p_value(d.p_adjusted))
