"""``rbench report``: leaderboards from the records alone."""

from __future__ import annotations

from pathlib import Path

import click

from ..leaderboard import report as reports
from ..run.collector import collecting


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--check", is_flag=True, help="Write nothing; fail if a file differs by a byte from what the records give."
)
@collecting(False)
def report(directory: Path, check: bool) -> int:
    """Build the leaderboards of DIR from DIR/records."""
    if not check:
        click.echo("\n".join(str(path) for path in reports.write(directory)))
        return 0
    differing = reports.check(directory)
    for name in differing:
        click.echo(f"{directory / name} is not what the records give; rbench report {directory} rebuilds it.", err=True)
    if not differing:
        click.echo(f"{directory}: every leaderboard file is what the records give.")
    return 1 if differing else 0
