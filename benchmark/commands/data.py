"""``rbench data``: what a data set is."""

from __future__ import annotations

import json

import click

from ... import datasets
from ...core.registry import load_plugin
from ...datasets.io.describe import describe, render
from ...datasets.io.partition import partition
from ..options import load_preset, merge, parse_assignments, preset_names


@click.command()
@click.argument("name")
@click.option("--preset", default=None, help="Options for the data set; default: the preset of its name.")
@click.option("--set", "assignments", multiple=True, metavar="SECTION.OPTION=VALUE", help="One option; repeatable.")
@click.option("--plugin", "plugins", multiple=True, metavar="FILE", help="A Python file that registers methods.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def data(name: str, preset: str | None, assignments: tuple[str, ...], plugins: tuple[str, ...], as_json: bool) -> None:
    """Show users, items, interactions, attributes, categories and both sides of the partition."""
    for plugin in plugins:
        load_plugin(plugin)
    spec = datasets.resolve(name)
    chosen = preset or (spec.name if spec.name in preset_names() else "default")
    sections = merge({spec.name: load_preset(chosen).get(spec.name, {})}, parse_assignments(assignments))
    config = spec.configure(sections.get(spec.name, {}))
    interactions = spec.open(config).load()
    facts = describe(interactions, partition(interactions, config.platform))
    click.echo(json.dumps(facts, indent=2, ensure_ascii=False) if as_json else render(facts))
