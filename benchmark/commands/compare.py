"""``rbench compare``: two folders of results, cell by cell."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import click

from ...core.errors import unknown
from ..api.results import compare as compare_results
from ..leaderboard.compare import COLUMNS, Difference, ResultsComparison
from ..leaderboard.compare_tables import closing, compare_tables
from ..leaderboard.html.comparison import comparison_page
from ..leaderboard.render import csv, terminal
from ..run.collector import collecting
from .plugins import plugin_option


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
@click.option("--html", "as_html", is_flag=True, help="A page for browsers, in one file, on standard output.")
@plugin_option
@collecting(False)
def compare(
    first: str,
    second: str,
    metrics: str | None,
    as_json: bool,
    as_csv: bool,
    as_html: bool,
    plugins: tuple[str, ...],
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
    shown = wanted if metrics else _shortest(known)
    if as_html:
        page = comparison_page(found, compare_tables(chosen, shown), closing(chosen, shown))
        click.echo(page.decode("utf-8"), nl=False)
    elif as_json:
        click.echo(json.dumps(_plain(found, chosen), indent=2, ensure_ascii=False))
    elif as_csv:
        click.echo(_csv(chosen), nl=False)
    else:
        click.echo("\n".join(found.sentences()))
        click.echo(_printed(chosen, shown))


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


def _printed(chosen: Sequence[Difference], metrics: Sequence[str]) -> str:
    parts = []
    for table in compare_tables(chosen, metrics):
        parts += ["", table.title, *terminal.grid(table, terminal.columns())]
    return "\n".join([*parts, "", *closing(chosen, metrics)])
