"""``rbench plot``: figures of a leaderboard."""

from __future__ import annotations

from pathlib import Path

import click

from ...core.errors import UserError
from ...core.files import write_atomically
from ..leaderboard.aggregate import sort
from ..leaderboard.build import figures
from ..leaderboard.report import records_of
from .plugins import plugin_option


@click.command(short_help="Draw a leaderboard's figures.")
@click.argument("directory", type=click.Path(path_type=Path))
@plugin_option
def plot(directory: Path, plugins: tuple[str, ...]) -> None:
    """Draw the records of DIRECTORY as its scenario's figures, and write them beside the leaderboard.

    SVG for pages, PDF for papers.
    """
    found = sort(records_of(directory))
    drawn = figures(found)
    if not drawn:
        names = sorted({result_set.scenario for result_set in found})
        raise UserError(f"{directory}: the scenario {', '.join(names)} has no figures.")
    for name, content in drawn.items():
        write_atomically(directory / name, content)
        click.echo(directory / name)
