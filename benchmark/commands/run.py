"""``rbench run``: everything from the grid to the leaderboard."""

from __future__ import annotations

from dataclasses import replace

import click

from ..api.run import execute
from ..leaderboard.results import failure
from ..leaderboard.summary import summary_text
from ..run.collector import collecting
from ..run.progress.closing import closing
from ..run.session import Session
from ..run.shares.share import Share
from ..tables.captions import data_notes
from .grid_options import GridOptions, grid_options
from .session_options import session_options, shard_option


@click.command(short_help="Run the missing cells of a grid.")
@grid_options
@click.option("--out", default="rbench-results", show_default=True, metavar="DIR", help="A folder, or a URL of one.")
@shard_option
@session_options
@collecting(False)
def run(options: GridOptions, session: Session, out: str, shard: str | None) -> int:
    """Run the benchmark; the same command again runs only what is missing."""
    share = None if shard is None else Share.read(shard)
    finished = execute(options.request, replace(session, share=share), out)
    for result_set, numbers in finished.results.aggregated:
        click.echo(f"\n{result_set.dataset} · {result_set.model}\n{summary_text(result_set, numbers)}\n")
    result = finished.result
    click.echo(f"{result.done} cells done, {len(result.failed)} failed; {result.computed} stages computed.")
    for cell, reason in result.failed.items():
        click.echo(failure(cell, reason), err=True)
    if result.failed:
        click.echo(f"Tracebacks: {out.rstrip('/')}/failures", err=True)
    for note in (*finished.notes, *data_notes(finished.results.records)):
        click.echo(note)
    of = 1 if share is None else share.of
    for line in closing(out, finished.written, options.request.quick, options.request.seeds, bool(result.failed), of):
        click.echo(line)
    return 1 if result.failed else 0
