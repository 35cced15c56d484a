"""``rbench why``: what went into a stage's id."""

from __future__ import annotations

import json

import click

from ...core.errors import UserError
from ..stages.store import Damaged, Store, default_url


@click.command(short_help="Print what went into a stage.")
@click.argument("stage_id", metavar="STAGE-ID")
@click.option("--store", default=None, metavar="URL", help="Where stages are kept; default: the user's cache.")
def why(stage_id: str, store: str | None) -> None:
    """Print what determines a stage, its checksums and how long it took; a unique beginning of the id will do."""
    if not stage_id:
        raise UserError("STAGE-ID is empty; a record's stages have ids, and rbench plan -v prints those of a grid.")
    where = Store(store or default_url())
    found = sorted(where.find(stage_id))
    if stage_id in found:
        found = [stage_id]
    if len(found) != 1:
        listed = f"; it could be {', '.join(found[:5])}" if found else ""
        raise UserError(f"{stage_id}: {len(found) or 'no'} stages in {where.url} begin so{listed}.")
    try:
        manifest = where.manifest(found[0])
    except Damaged as damaged:
        raise UserError(f"{found[0]}: its {damaged.file} was altered; the next run makes it again.") from None
    seconds, cpu_seconds = where.seconds(found[0]), where.seconds(found[0], "cpu_seconds")
    click.echo(f"{found[0]} = kind, name, and the sha256 of:")
    click.echo(json.dumps(manifest["stage"], indent=2, sort_keys=True))
    click.echo("files (sha256):")
    for name, digest in sorted(manifest["sha256"].items()):
        click.echo(f"  {name}  {digest}")
    busy = f", {cpu_seconds} s of processors" if cpu_seconds is not None else ""
    click.echo(f"computed in {seconds} s{busy}" if seconds is not None else "no timing was kept")
