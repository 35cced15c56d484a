"""``rbench why``: what went into a stage's id."""

from __future__ import annotations

import json

import click

from ..stages.store import Store, default_url


@click.command(short_help="Print what went into a stage.")
@click.argument("stage_id", metavar="STAGE-ID")
@click.option("--store", default=None, metavar="URL", help="Where stages are kept; default: the user's cache.")
def why(stage_id: str, store: str | None) -> None:
    """Print what determines a stage, its checksums and how long it took; a unique beginning of the id will do."""
    where = Store(store or default_url())
    found, manifest = where.only(stage_id)
    seconds, cpu_seconds = where.seconds(found), where.seconds(found, "cpu_seconds")
    click.echo(f"{found} = kind, name, and the sha256 of:")
    click.echo(json.dumps(manifest["stage"], indent=2, sort_keys=True))
    click.echo("files (sha256):")
    for name, digest in sorted(manifest["sha256"].items()):
        click.echo(f"  {name}  {digest}")
    busy = f", {cpu_seconds} s of processors" if cpu_seconds is not None else ""
    click.echo(f"computed in {seconds} s{busy}" if seconds is not None else "no timing was kept")
