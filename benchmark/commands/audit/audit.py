"""``rbench audit``: what a model from somebody else could do to a log's users."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ....core.errors import UserError
from ...api.audit import audit as look
from ...leaderboard.render import terminal
from .options import audit_options

COLUMNS = 80
"""To which captions are wrapped where the output is no terminal."""


@click.command(short_help="Look at a model that you were handed.")
@click.argument("model", metavar="MODEL")
@click.option("--out", default=None, type=click.Path(path_type=Path), metavar="DIR", help="For audit.json, audit.md.")
@click.option(
    "--defenses",
    default=None,
    metavar="A,B,...",
    help="Detectors, repairs and chains of them to try; default: all that act alone.",
)
@audit_options
def audit(model: str, data: str, out: Path | None, **words: Any) -> int:
    """Look at the hand-over folder MODEL with the log of your own users.

    Exit code: 0 nothing found, 1 something found, 2 model or log could not be read.
    """
    if out is not None and out.exists() and not out.is_dir():
        raise UserError(f"--out {out} is a file; name a directory.")
    found = look(model, data, **words)
    click.echo(terminal.render(found.tables(), terminal.columns() or COLUMNS), nl=False)
    if out is not None:
        found.write(out)
        click.echo(f"\nIn full: {out / 'audit.json'}, {out / 'audit.md'}")
    return int(found.suspicious)
