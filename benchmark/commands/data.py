"""``rbench data``: bring a data set's raw files, and show what is in it and how it is shared out."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ...datasets.shown.describe import describe, render
from ...datasets.shown.notes import notes
from ..grid.dataset import read_dataset
from ..grid.options import parse_assignments
from ..scenarios.pretrained.protocol.audience import look_at_audience
from ..scenarios.pretrained.protocol.partition import split_users
from .plugins import plugin_option


@click.command(short_help="Describe a data set and how its users are shared out.")
@click.argument("name")
@click.option(
    "--from",
    "source",
    metavar="PATH",
    help="Take the raw files from this archive or folder (or from grouplens or recbole) into the data folder.",
)
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.png", help="Draw a picture too.")
@click.option("--preset", default=None, help="Options for the data set; default: the preset of its name.")
@click.option("--set", "assignments", multiple=True, metavar="SECTION.OPTION=VALUE", help="One option; repeatable.")
@plugin_option
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def data(
    name: str,
    source: str | None,
    plot: Path | None,
    preset: str | None,
    assignments: tuple[str, ...],
    plugins: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show users, items, interactions, attributes, categories and both parts of the partition."""
    if plot is not None:
        from ...datasets.shown.plot import check_target

        check_target(plot)
    interactions, config = read_dataset(name, parse_assignments(assignments), preset, source)
    partition = split_users(interactions, config.platform)
    facts = describe(interactions, partition)
    audience, warnings, problem = look_at_audience(partition, config.audience)
    warnings = [*notes(interactions), *warnings]
    facts |= {key: value for key, value in (("audience", audience), ("warnings", warnings)) if value}
    facts["info"].pop("warnings", None)
    click.echo(json.dumps(facts, indent=2, ensure_ascii=False) if as_json else render(facts))
    if plot is not None:
        from ...datasets.shown.plot import draw_picture

        draw_picture(interactions, partition, plot)
        click.echo(f"picture: {plot}", err=True)
    if problem is not None:
        raise problem
