"""``rbench import``: a checkpoint of RecBole as a folder."""

from __future__ import annotations

from pathlib import Path

import click

from ....models.sequential.recbole.caveats import caveats
from ...api.handover import import_checkpoint

PATH = click.Path(path_type=Path)


@click.command("import", short_help="Write a checkpoint of RecBole into a folder.")
@click.argument("checkpoint", metavar="CHECKPOINT", type=PATH)
@click.option("--items", required=True, metavar="FILE", type=PATH, help="The items' ids, see above.")
@click.option("--out", required=True, metavar="DIR", type=PATH, help="A new or empty folder.")
@click.option("--model", default=None, metavar="NAME", help="The victim, if the file holds a model's state alone.")
@click.option("--set", "options", multiple=True, metavar="NAME.OPTION=VALUE", help="An option of that victim.")
def import_(checkpoint: Path, items: Path, out: Path, model: str | None, options: tuple[str, ...]) -> None:
    """Write the model in CHECKPOINT into DIR; nothing in the checkpoint is executed.

    CHECKPOINT is a .pth file that RecBole's trainer saved, or that torch.save(model.state_dict(), FILE) made; the
    latter needs --model, and --set for each option that is not at its default.

    The checkpoint does not say which row of the model is which item. FILE does: the id of an item a line, line 1 for
    row 1. RecBole's [PAD], for row 0, may stand before them. docs/handover.md shows how to print them.
    """
    made = import_checkpoint(checkpoint, out, items=items, model=model, options=options)
    click.echo(f"The model of {checkpoint} is in {out}: {made.card['model']}, {made.card['n_items']} items.")
    for said in caveats(made.card):
        click.echo(said, err=True)
