"""``rbench clean``: remove stages from a store."""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path

import click

from ....core.errors import UserError
from ....core.records.folder import read_all
from ...run.progress.heartbeat import alive, read_heartbeats
from ...stages.cleaning import needed, removable, remove
from ...stages.mirror import result_folder
from ...stages.quantities import duration, written_size
from ...stages.store import Store, default_url


@click.command(short_help="Remove stages that no results use.")
@click.argument("results", metavar="[DIR]...", nargs=-1)
@click.option("--store", default=None, metavar="URL", help="Where stages are kept; default: the user's cache.")
@click.option("--unused", is_flag=True, help="Those that no record names, and that made none that one names.")
@click.option("--older-than", default=None, metavar="TIME", help="Those that were written so long ago, e.g. 30d.")
@click.option("--yes", is_flag=True, help="Remove without asking.")
def clean(results: tuple[str, ...], store: str | None, unused: bool, older_than: str | None, yes: bool) -> int:
    """Say what would be freed, ask, and remove it.

    What the records in each DIR were made from counts as used, and what those were in the folders in which
    runs over the store left their results. What an interrupted run left unfinished a day ago goes too.
    """
    if not unused and older_than is None:
        raise UserError("rbench clean is not told what to remove; give --unused, --older-than TIME, or both.")
    age = 0.0 if older_than is None else duration(older_than, "--older-than")
    found = Store(store or default_url())
    runs, now = read_heartbeats(found), time.time()
    if going := [told for told in runs if alive(told, now)]:
        where = f"process {going[0]['process']} on {going[0]['host']}"
        raise UserError(f"{found.url}: {where} is running over it; clean it when no run goes on.")
    known = {told["out"] for told in runs if told.get("out")}
    used = needed(found, _named(results, known)) if unused else None
    going_to = removable(found, used, age)
    if not going_to:
        click.echo(f"{found.url}: nothing to remove.")
        return 0
    kinds = Counter(one.stage_id.partition("-")[0] if one.finished else "unfinished" for one in going_to)
    listed = ", ".join(f"{n} {kind}" for kind, n in kinds.most_common())
    click.echo(f"{found.url}: {len(going_to)} stages, {written_size(sum(one.size for one in going_to))}: {listed}.")
    if not yes and not (sys.stdin.isatty() and click.confirm("Remove them?")):
        click.echo("Nothing was removed; with --yes it is.")
        return 0
    remove(found, going_to)
    click.echo("Removed.")
    return 0


def _named(given: tuple[str, ...], known: set[str]) -> set[str]:
    """Return the stages that records name.

    Raises:
        UserError: If a folder that was given has no records.
    """
    named: set[str] = set()
    for place in [*given, *sorted(known - set(given))]:
        with result_folder(place, "DIR") as folder:
            if place in given or Path(folder.path / "records").is_dir():
                for record in read_all(folder.path / "records"):
                    named.update(record.stages.values())
    return named
