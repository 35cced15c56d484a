"""``rbench export``: a stage's model as a folder."""

from __future__ import annotations

from pathlib import Path

import click

from ...api.handover import export as write_export


@click.command(short_help="Write a stage's model into a folder.")
@click.argument("stage_id", metavar="STAGE-ID")
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--store", default=None, metavar="URL", help="Where stages are kept; default: the user's cache.")
def export(stage_id: str, directory: Path, store: str | None) -> None:
    """Write the model that a stage made into DIR, which must be new or empty; a unique beginning of the id will do.

    DIR gets model.safetensors, card.json, items.txt, and prompt.safetensors if the model has prompts.
    """
    found = write_export(stage_id, directory, store=store or None)
    click.echo(f"The model of {found} is in {directory}.")
