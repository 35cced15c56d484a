"""``rbench repair``: mend a model from somebody else."""

from __future__ import annotations

from pathlib import Path

import click

from ...api.audit import repair as mend
from ..plugins import plugin_option


@click.command(short_help="Mend a model that you were handed.")
@click.argument("model", metavar="MODEL")
@click.option("--data", required=True, metavar="LOG", help="A data set's name, or a folder with rbench.toml.")
@click.option("--with", "with_", required=True, metavar="NAME", help="ft (fine-tuning), or a repair's name.")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="DIR", help="Where the model goes.")
@click.option("--preset", default=None, help="Where schedules come from; default: the preset of the log's name.")
@click.option("--set", "options", multiple=True, metavar="SECTION.OPTION=VALUE", help="One option; repeatable.")
@plugin_option
def repair(
    model: str,
    data: str,
    with_: str,
    out: Path,
    preset: str | None,
    options: tuple[str, ...],
    plugins: tuple[str, ...],
) -> None:
    """Mend the hand-over folder MODEL with the log of your own users, and write it to DIR."""
    mend(model, data, with_, out, preset=preset, options=options or None, plugins=plugins)
    click.echo(f"The model mended by {with_} is in {out}.")
