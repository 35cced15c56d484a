"""``rbench run``: everything from the grid to the leaderboard."""

from __future__ import annotations

import os
from concurrent.futures import BrokenExecutor
from pathlib import Path

import click

from ... import datasets
from ...core.errors import UserError
from .. import executors, grid, plan, report
from ..display import choose
from ..estimate import Estimate
from ..runner import Result, Runner
from ..stage import Stage
from ..store import Store
from ..work import Job, make
from .grid_options import GridOptions, grid_options

DATA = ("dataset", "partition", "targets")


@click.command()
@grid_options
@click.option("--out", type=click.Path(path_type=Path), default=Path("rbench-results"), show_default=True)
@click.option("--executor", default="local", show_default=True, help="Where stages run: rbench list executors.")
@click.option("--workers", type=click.IntRange(1), default=None, help="Stages at once; default: one a processor.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@click.option("--display", type=click.Choice(["auto", "rich", "plain", "none"]), default="auto", show_default=True)
def run(options: GridOptions, out: Path, executor: str, workers: int | None, device: str, display: str) -> int:
    """Run the benchmark; the same command again runs only what is missing."""
    where = executors.registry.get(executor)(workers)
    planned = plan.build(grid.build(options.request))
    store = Store(options.store)
    _check_out(out)
    _check_device(device)
    store.check_writable()
    sources = _sources(planned, options)

    def job(stage: Stage) -> Job:
        return Job(stage, store.url, device, options.plugins, sources.get(stage.id, ""))

    present = store.done(planned.stages)
    for stage in planned.stages.values():
        if stage.kind in DATA and stage.id not in present:
            make(job(stage))  # before anything else is written: bad data are the user's to mend
    runner = Runner(planned, store, job, out / "records", out / "failures")
    left = runner.settle()
    estimate = Estimate(planned.stages.values(), runner.done, store)
    with choose(display, left, estimate) as shown:
        try:
            with where:
                result = runner.run(where, shown)
        except BrokenExecutor:
            raise UserError(
                "a worker process was killed (out of memory?); what was finished is kept, and the same command goes on."
            ) from None
    return _close(out, result)


def _close(out: Path, result: Result) -> int:
    written = report.write(out)
    click.echo((out / "leaderboard.md").read_text("utf-8"))
    click.echo(f"{result.done} cells done, {len(result.failed)} failed; {result.computed} stages computed.")
    for cell, reason in result.failed.items():
        click.echo(
            f"FAILED {cell.dataset} {cell.attack} {cell.mode} {cell.defense} seed {cell.seed}: {reason}", err=True
        )
    if result.failed:
        click.echo(f"Tracebacks: {out / 'failures'}", err=True)
    click.echo(f"Results: {', '.join(str(path) for path in written)}; records: {out / 'records'}")
    click.echo(f"Next: rbench report {out} --check, or more seeds: the same command with --seeds 5")
    return 1 if result.failed else 0


def _check_out(out: Path) -> None:
    """Refuse a place that isn't ours or can't be written.

    Raises:
        UserError: Saying which.
    """
    if out.exists() and not out.is_dir():
        raise UserError(f"--out {out} is a file; name a directory.")
    if out.is_dir() and any(out.iterdir()) and not (out / "records").is_dir():
        raise UserError(f"--out {out} holds other things than a benchmark's results; name an empty or new directory.")
    nearest = next(p for p in (out, *out.absolute().parents) if p.exists())
    if not os.access(nearest, os.W_OK):
        raise UserError(f"--out {out}: {nearest} cannot be written to.")


def _check_device(device: str) -> None:
    if device == "cuda":
        import torch

        if not torch.cuda.is_available():
            raise UserError("--device cuda: no CUDA device is available here; use --device cpu or auto.")


def _sources(planned: plan.Plan, options: GridOptions) -> dict[str, str]:
    """Return, for each dataset stage, the data set as the user named it."""
    named = {datasets.resolve(name).name: name for name in options.request.datasets}
    return {cell.stages["dataset"]: named[cell.cell.dataset] for cell in planned.cells}
