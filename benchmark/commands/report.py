"""``rbench report``: leaderboards from the records alone."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from pathlib import Path

import click

from ...core.errors import UserError, unknown
from ..leaderboard import report as reports
from ..leaderboard.aggregate import aggregate
from ..leaderboard.bibtex import bibtex
from ..leaderboard.build import tables
from ..leaderboard.render import FORMATS
from ..run.collector import collecting
from ..stages.mirror import ResultFolder, result_folder
from .plugins import plugin_option


@click.command(short_help="Rebuild, check or print a leaderboard.")
@click.argument("directory", metavar="DIR")
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
    directory: str,
    check: bool,
    html: bool,
    form: str | None,
    cite: bool,
    name: str | None,
    plugins: tuple[str, ...],
) -> int:
    """Build the leaderboards of DIR, a folder or a URL of one, from DIR/records, or print their tables.

    If DIR has no records, but folders with records below it, --html writes an index of them.
    """
    if (check or html) and (form or name or cite):
        given = "--check compares" if check else "--html writes"
        raise UserError(f"{given} files, and --format, --table and --bibtex print; give one of the two.")
    if cite and (form or name):
        raise UserError("--bibtex prints what to cite, and --format and --table print tables; give one of the two.")
    with result_folder(directory, "DIR", write=not (form or name or cite or check)) as folder:
        if cite:
            click.echo(bibtex(reports.records_of(folder.path)), nl=False)
            return 0
        if reports.is_index(folder.path) and (html or check):
            return _index(folder, check)
        if form or name:
            return _print(folder.path, form or "terminal", name)
        if check:
            return _check(folder, html)
        click.echo("\n".join(folder.shown(path) for path in reports.write(folder.path, html=html)))
    return 0


def _print(directory: Path, form: str, name: str | None) -> int:
    found = [table for pair in aggregate(reports.records_of(directory)) for table in tables(*pair)]
    shown = [table for table in found if name in (None, table.name)]
    if name is not None and not shown:
        raise unknown("table", name, {table.name for table in found})
    click.echo(FORMATS[form](shown), nl=False)
    return 0


def _index(folder: ResultFolder, check: bool) -> int:
    if not check:
        click.echo(folder.shown(reports.write_index(folder.path)))
        return 0
    differing = reports.check_index(folder.path)
    _tell(folder, differing, " --html")
    if not differing:
        click.echo(f"{folder.name}: the index is what the records give.")
    return 1 if differing else 0


def _check(folder: ResultFolder, html: bool) -> int:
    differing = reports.check(folder.path, html=html)
    _tell(folder, differing)
    for name in reports.uncompared(folder.path):
        shown = folder.shown(folder.path / name)
        click.echo(f"{shown} is not compared: another version of matplotlib drew it.", err=True)
    if not differing:
        click.echo(f"{folder.name}: every leaderboard file is what the records give.")
    return 1 if differing else 0


def _tell(folder: ResultFolder, differing: Iterable[str], option: str = "") -> None:
    command = f"rbench report {shlex.quote(folder.name)}{option}"
    for name in differing:
        shown = folder.shown(folder.path / name)
        click.echo(f"{shown} is not what the records give; {command} rebuilds it.", err=True)
