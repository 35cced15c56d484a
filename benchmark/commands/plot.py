"""``rbench plot``: pictures of a leaderboard."""

from __future__ import annotations

from pathlib import Path

import click

from ...core.errors import UserError
from ...core.files import write_atomically
from .. import scenarios
from ..leaderboard.build import named
from ..leaderboard.report import records_of
from ..tables.result_sets import result_sets


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
def plot(directory: Path) -> None:
    """Draw the records of DIRECTORY as its scenario's pictures, and write them beside the leaderboard."""
    found = result_sets(records_of(directory))
    pictures = named([(result_set, scenarios.get(result_set.scenario).figures(result_set)) for result_set in found])
    if not pictures:
        raise UserError(f"the scenario {', '.join({result_set.scenario for result_set in found})} has no pictures.")
    for name, content in pictures.items():
        write_atomically(directory / name, content)
        click.echo(directory / name)
