"""``rbench repair``: mend a model from somebody else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ...api.audit import repair as mend
from .options import audit_options


@click.command(short_help="Mend a model that you were handed.")
@click.argument("model", metavar="MODEL")
@click.option(
    "--with",
    "with_",
    required=True,
    metavar="NAME",
    help="ft (fine-tuning), a repair, or a chain of them: combined+reestimate+fast-ft.",
)
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="DIR", help="Where the model goes.")
@audit_options
def repair(model: str, data: str, with_: str, out: Path, **words: Any) -> None:
    """Mend the hand-over folder MODEL with the log of your own users, and write it to DIR."""
    mend(model, data, with_, out, **words)
    click.echo(f"The model mended by {with_} is in {out}.")
