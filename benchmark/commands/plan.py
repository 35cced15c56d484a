"""``rbench plan``: what a run would do, without doing it."""

from __future__ import annotations

from collections import Counter

import click

from ..grid import plan as plans
from ..grid import resolve as grid
from ..run.collector import collecting
from ..run.estimate import Estimate, readable
from ..stages.store import Store
from .grid_options import GridOptions, grid_options


@click.command()
@grid_options
@collecting(False)
def plan(options: GridOptions) -> None:
    """Show the stages: which are done, shared or to run, and about how long it takes."""
    from tabulate import tabulate

    planned = plans.build(grid.build(options.request))
    store = Store(options.store)
    done = store.done(planned.stages) if store.fs.exists(store.root) else set()
    uses = Counter(stage for cell in planned.cells for stage in set(cell.stages.values()))
    estimate = Estimate(planned.stages.values(), done, store)
    rows, left = [], 0.0
    for stage in planned.stages.values():
        state = "done"
        if stage.id not in done:
            seconds = estimate.seconds(stage)
            left += seconds
            state = f"to run, {readable(seconds)}"
        shared = f"{uses[stage.id]} cells" if uses[stage.id] > 1 else ""
        rows.append([stage.id, state, shared])
    click.echo(tabulate(rows, headers=["stage", "state", "shared by"], disable_numparse=True))
    click.echo(
        f"\n{len(planned.cells)} cells, {len(planned.stages)} stages, {len(done)} done; "
        f"left: about {readable(left)} of one processor (a rough guess until something has run)."
    )
    click.echo("What goes into a stage's id, once it has run: rbench why STAGE-ID")
