"""``rbench report``: leaderboards from the records alone."""

from __future__ import annotations

from pathlib import Path

import click

from ...core.errors import UserError, unknown
from ..leaderboard import report as reports
from ..leaderboard.aggregate import aggregate
from ..leaderboard.bibtex import bibtex
from ..leaderboard.build import tables
from ..leaderboard.render import FORMATS
from ..run.collector import collecting
from .plugins import plugin_option


@click.command(short_help="Rebuild, check or print a leaderboard.")
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--check", is_flag=True, help="Write nothing; fail if a file differs by a byte from what the records give."
)
@click.option("--html", is_flag=True, help="Write the leaderboard as a page for browsers too, in one file.")
@click.option("--format", "form", type=click.Choice([*FORMATS]), help="Write no file, but print the tables like this.")
@click.option("--bibtex", "cite", is_flag=True, help="Write no file, but print what to cite: rbench and the papers.")
@click.option("--table", "name", metavar="NAME", help="Print this table only, e.g. summary or claims.")
@plugin_option
@collecting(False)
def report(
    directory: Path,
    check: bool,
    html: bool,
    form: str | None,
    cite: bool,
    name: str | None,
    plugins: tuple[str, ...],
) -> int:
    """Build the leaderboards of DIR from DIR/records, or print their tables.

    If DIR has no records, but folders with records below it, --html writes an index of them.
    """
    if (check or html) and (form or name or cite):
        given = "--check compares" if check else "--html writes"
        raise UserError(f"{given} files, and --format, --table and --bibtex print; give one of the two.")
    if cite and (form or name):
        raise UserError("--bibtex prints what to cite, and --format and --table print tables; give one of the two.")
    if cite:
        click.echo(bibtex(reports.records_of(directory)), nl=False)
        return 0
    if reports.is_index(directory) and (html or check):
        return _index(directory, check)
    if form or name:
        return _print(directory, form or "terminal", name)
    if check:
        return _check(directory, html)
    click.echo("\n".join(str(path) for path in reports.write(directory, html=html)))
    return 0


def _print(directory: Path, form: str, name: str | None) -> int:
    found = [table for pair in aggregate(reports.records_of(directory)) for table in tables(*pair)]
    shown = [table for table in found if name in (None, table.name)]
    if name is not None and not shown:
        raise unknown("table", name, {table.name for table in found})
    click.echo(FORMATS[form](shown), nl=False)
    return 0


def _index(directory: Path, check: bool) -> int:
    if not check:
        click.echo(reports.write_index(directory))
        return 0
    differing = reports.check_index(directory)
    for name in differing:
        click.echo(f"{directory / name} is not what the records give; rbench report {directory} --html rebuilds it.")
    if not differing:
        click.echo(f"{directory}: the index is what the records give.")
    return 1 if differing else 0


def _check(directory: Path, html: bool) -> int:
    differing = reports.check(directory, html=html)
    for name in differing:
        click.echo(f"{directory / name} is not what the records give; rbench report {directory} rebuilds it.", err=True)
    for name in reports.uncompared(directory):
        click.echo(f"{directory / name} is not compared: another version of matplotlib drew it.", err=True)
    if not differing:
        click.echo(f"{directory}: every leaderboard file is what the records give.")
    return 1 if differing else 0
