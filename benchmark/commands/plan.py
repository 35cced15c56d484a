"""``rbench plan``: what a run would do, without doing it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import click

from ..grid import plan as plans
from ..grid import resolve as grid
from ..run.collector import collecting
from ..run.estimate import Estimate, readable
from ..stages.graph import Plan
from ..stages.store import Store
from .grid_options import GridOptions, grid_options


@click.command()
@grid_options
@click.option("-v", "verbose", is_flag=True, help="With every stage's id, and how many cells share it.")
@collecting(False)
def plan(options: GridOptions, verbose: bool) -> None:
    """Show what a run would do, and about how long it takes."""
    planned = plans.build(grid.build(options.request))
    store = Store(options.store)
    done = store.done(planned.stages) if store.fs.exists(store.root) else set()
    estimate = Estimate(planned.stages.values(), done, store)
    left = {stage.id: estimate.seconds(stage) for stage in planned.stages.values() if stage.id not in done}
    click.echo(f"{len(planned.cells)} cells, {len(planned.stages)} stages: {len(done)} done, {len(left)} to run")
    if left:
        rough = "" if done else " (a guess: nothing has run yet)"
        click.echo(f"time left: about {readable(sum(left.values()))} of one processor{rough}")
    for line in _methods(planned, left):
        click.echo(line)
    if verbose:
        for line in _stages(planned, left):
            click.echo(line)
        click.echo("\nwhat goes into a stage's id, once it has run: rbench why STAGE-ID")
    else:
        click.echo("\nevery stage with its id: the same command with -v")


def _methods(plan: Plan, left: dict[str, float]) -> Iterator[str]:
    """Yield a table with a row for each kind of stage and method, kinds in the order in which they can run."""
    from tabulate import tabulate

    groups: dict[str, dict[str, list[str]]] = {}
    depths: dict[str, int] = {}
    deepest: dict[str, int] = {}
    for stage in plan.stages.values():  # parents before children
        depths[stage.id] = max((depths[parent] + 1 for parent in stage.parents.values()), default=0)
        deepest[stage.kind] = max(depths[stage.id], deepest.get(stage.kind, 0))
        groups.setdefault(stage.kind, {}).setdefault(stage.name, []).append(stage.id)
    rows = []
    for kind in sorted(groups, key=deepest.__getitem__):
        for name, ids in groups[kind].items():
            seconds = [left[stage_id] for stage_id in ids if stage_id in left]
            time = readable(sum(seconds)) if seconds else ""
            rows.append([kind, name, len(ids), len(ids) - len(seconds), len(seconds), time])
    yield ""
    yield tabulate(rows, headers=["stage", "method", "count", "done", "to run", "time left"])


def _stages(plan: Plan, left: dict[str, float]) -> Iterator[str]:
    """Yield a table with a row for each stage."""
    from tabulate import tabulate

    uses = Counter(stage_id for cell in plan.cells for stage_id in set(cell.stages.values()))
    rows = [
        [
            stage_id,
            f"to run, {readable(left[stage_id])}" if stage_id in left else "done",
            f"{uses[stage_id]} cells" if uses[stage_id] > 1 else "",
        ]
        for stage_id in plan.stages
    ]
    yield ""
    yield tabulate(rows, headers=["id", "state", "shared by"], disable_numparse=True)
