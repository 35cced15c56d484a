"""``rbench audit``: what a model from somebody else could do to a log's users."""

from __future__ import annotations

from pathlib import Path

import click

from ....core.artifacts import to_json
from ....core.errors import UserError
from ...api.audit import audit as look
from ...leaderboard.render import markdown, terminal
from ..plugins import plugin_option


@click.command(short_help="Look at a model that you were handed.")
@click.argument("model", metavar="MODEL")
@click.option("--data", required=True, metavar="LOG", help="A data set's name, or a folder with rbench.toml.")
@click.option("--out", default=None, type=click.Path(path_type=Path), metavar="DIR", help="For audit.json, audit.md.")
@click.option("--preset", default=None, help="Where schedules come from; default: the preset of the log's name.")
@click.option("--set", "options", multiple=True, metavar="SECTION.OPTION=VALUE", help="One option; repeatable.")
@plugin_option
def audit(
    model: str,
    data: str,
    out: Path | None,
    preset: str | None,
    options: tuple[str, ...],
    plugins: tuple[str, ...],
) -> int:
    """Look at the hand-over folder MODEL with the log of your own users.

    Exit code: 0 nothing found, 1 something found, 2 model or log could not be read.
    """
    if out is not None and out.exists() and not out.is_dir():
        raise UserError(f"--out {out} is a file; name a directory.")
    found = look(model, data, preset=preset, options=options or None, plugins=plugins)
    from ...scenarios.pretrained.audit.tables import tables

    made = tables(found)
    click.echo(terminal.render(made, terminal.columns()), nl=False)
    if out is not None:
        try:
            out.mkdir(parents=True, exist_ok=True)
            (out / "audit.json").write_bytes(to_json(found))
            (out / "audit.md").write_text(markdown.render(made), "utf-8")
        except OSError as error:
            raise UserError(f"--out {out} cannot be written ({error.strerror}).") from error
    return int(found["suspicious"])
