"""``rbench run``: everything from the grid to the leaderboard."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import click

from ...core.errors import UserError
from ...core.record import Record
from ..grid import plan
from ..grid import resolve as grid
from ..leaderboard import report
from ..leaderboard.aggregate import aggregate
from ..leaderboard.summary import summary_text
from ..run.closing import closing
from ..run.collector import collecting
from ..run.records import RecordFolder
from ..run.runner import Result
from ..run.session import Session
from ..stages.setting import Grid
from .grid_options import GridOptions, grid_options
from .session_options import session_options


@click.command()
@grid_options
@click.option("--out", type=click.Path(path_type=Path), default=Path("rbench-results"), show_default=True)
@session_options
@collecting(False)
def run(options: GridOptions, session: Session, out: Path) -> int:
    """Run the benchmark; the same command again runs only what is missing."""
    asked = grid.build(options.request)
    planned = plan.build(asked)
    _check_out(out)
    session.check()
    result = session.execute(planned, out)
    assert result.records is not None
    return _close(out, result, _retire(result.records, asked), options)


def _retire(kept: RecordFolder, asked: Grid) -> list[Record]:
    """Set aside other seeds' records of the same rows if other options or versions made them: no mean may mix them.

    Returns:
        The records that stay.
    """
    records = kept.read()
    seeds = {record.cell.seed for record in records} - set(asked.seeds)
    if not seeds:
        return records
    others = plan.build(replace(asked, seeds=tuple(sorted(seeds))))
    if retired := kept.retire(others):
        click.echo(
            f"{len(retired)} records of other seeds were made by other options or versions; they are kept in "
            f"{kept.superseded}.",
            err=True,
        )
        records = kept.read()
    return records


def _close(out: Path, result: Result, records: list[Record], options: GridOptions) -> int:
    found = aggregate(records)
    written = report.write(out, found=found)
    for result_set, numbers in found:
        click.echo(f"\n{result_set.dataset} · {result_set.model}\n{summary_text(result_set, numbers)}\n")
    click.echo(f"{result.done} cells done, {len(result.failed)} failed; {result.computed} stages computed.")
    for cell, reason in result.failed.items():
        click.echo(
            f"FAILED {cell.dataset} {cell.attack} {cell.mode} {cell.defense} seed {cell.seed}: {reason}", err=True
        )
    if result.failed:
        click.echo(f"Tracebacks: {out / 'failures'}", err=True)
    for line in closing(out, written, options.request.quick, len(options.request.seeds)):
        click.echo(line)
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
    try:
        tempfile.TemporaryFile(dir=nearest).close()
    except OSError as error:
        raise UserError(f"--out {out}: {nearest} cannot be written to ({error.strerror}).") from error
