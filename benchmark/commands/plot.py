"""``rbench plot``: figures of a leaderboard."""

from __future__ import annotations

import click

from ...core.errors import UserError
from ...core.system.files import write_or_tell
from ..leaderboard.aggregate import sort
from ..leaderboard.build import figures
from ..leaderboard.report import records_of
from ..stages.mirror import result_folder
from .plugins import plugin_option


@click.command(short_help="Draw a leaderboard's figures.")
@click.argument("directory")
@plugin_option
def plot(directory: str, plugins: tuple[str, ...]) -> None:
    """Draw the records of DIRECTORY as its scenario's figures, and write them beside the leaderboard.

    SVG for pages, PDF for papers.
    """
    with result_folder(directory, "DIRECTORY", write=True) as folder:
        found = sort(records_of(folder.path))
        drawn = figures(found)
        if not drawn:
            names = sorted({result_set.scenario for result_set in found})
            raise UserError(f"{directory}: the scenario {', '.join(names)} has no figures.")
        for name, content in drawn.items():
            write_or_tell(folder.path / name, content)
            click.echo(folder.shown(folder.path / name))
