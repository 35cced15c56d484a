"""``rbench plan``: what a run would do, without doing it."""

from __future__ import annotations

import click

from .. import api
from ..run.collector import collecting
from ..run.estimate import readable
from .grid_options import GridOptions, grid_options


@click.command()
@grid_options
@collecting(False)
def plan(options: GridOptions) -> None:
    """Show the stages: which are done, shared or to run, and about how long it takes."""
    from tabulate import tabulate

    planned = api.make_plan(options.request, options.store)
    rows = [
        [
            stage.stage,
            "done" if stage.done else f"to run, {readable(stage.seconds)}",
            f"{stage.cells} cells" if stage.cells > 1 else "",
        ]
        for stage in planned.planned_stages
    ]
    click.echo(tabulate(rows, headers=["stage", "state", "shared by"], disable_numparse=True))
    click.echo(f"\n{planned}")
    click.echo("What goes into a stage's id, once it has run: rbench why STAGE-ID")
