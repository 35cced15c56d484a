"""``rbench plan``: what a run would do, without doing it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from ..api.run import check_places, make_plan
from ..run.collector import collecting
from ..run.progress.estimate import readable
from ..run.run_plan import PlannedStage
from ..run.session import Session
from ..run.shares.share import Share
from .grid_options import GridOptions, grid_options
from .session_options import session_options, shard_option


@click.command(short_help="Show what a run would do, and for how long.")
@grid_options
@click.option("--out", type=click.Path(path_type=Path), default=Path("rbench-results"), show_default=True)
@shard_option
@click.option("-v", "verbose", is_flag=True, help="With every stage's id, and with options.")
@session_options
@collecting(False)
def plan(options: GridOptions, session: Session, out: Path, shard: str | None, verbose: bool) -> None:
    """Show what a run with the same options would do, and about how long it takes."""
    share = None if shard is None else Share.read(shard)
    check_places(session, out)
    planned = make_plan(options.request, options.store, share)
    stages = planned.planned_stages
    click.echo(f"{len(planned.planned_cells)} cells, {len(stages)} stages: {planned.done} done, {planned.left} to run")
    if planned.left:
        rough = "" if planned.done else " (a guess: nothing has run yet)"
        click.echo(f"time left: about {readable(planned.seconds)} of one processor{rough}")
    for note in planned.notes:
        click.echo(note)
    for line in (*_methods(stages), *(_stages(stages) if verbose else ())):
        click.echo(line)
    if verbose:
        click.echo("\noptions that are not at their defaults:")
        for line in planned.options:
            click.echo(textwrap.fill(line, 78, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False))
        click.echo("\nwhat goes into a stage's id, once it has run: rbench why STAGE-ID")
    else:
        click.echo("\nevery stage with its id: the same command with -v")


def _methods(stages: Sequence[PlannedStage]) -> Iterator[str]:
    """Yield a table with a row for each kind of stage and method, kinds in the order in which they can run."""
    from tabulate import tabulate

    groups: dict[str, dict[str, list[PlannedStage]]] = {}
    deepest: dict[str, int] = {}
    for stage in stages:
        groups.setdefault(stage.kind, {}).setdefault(stage.name, []).append(stage)
        deepest[stage.kind] = max(stage.depth, deepest.get(stage.kind, 0))
    rows = []
    for kind in sorted(groups, key=deepest.__getitem__):
        for name, found in groups[kind].items():
            left = [stage.seconds for stage in found if not stage.done]
            rows.append(
                [kind, name, len(found), len(found) - len(left), len(left), readable(sum(left)) if left else ""]
            )
    yield ""
    yield tabulate(rows, headers=["stage", "method", "count", "done", "to run", "time left"])


def _stages(stages: Sequence[PlannedStage]) -> Iterator[str]:
    """Yield a table with a row for each stage."""
    from tabulate import tabulate

    rows = [
        [
            stage.stage,
            "done" if stage.done else f"to run, {readable(stage.seconds)}",
            f"{stage.cells} cells" if stage.cells > 1 else "",
        ]
        for stage in stages
    ]
    yield ""
    yield tabulate(rows, headers=["id", "state", "shared by"], disable_numparse=True)
