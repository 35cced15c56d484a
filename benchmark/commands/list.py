"""``rbench list``: every method, metric and preset, with its options."""

from __future__ import annotations

import difflib
import inspect
import json
import textwrap
from itertools import groupby
from typing import Any

import click

from ... import attacks, datasets, defenses, models
from ...core.config import describe, written
from ...core.errors import unknown
from ...core.registry import Registry
from ...core.toml import read_toml
from .. import scenarios
from ..grid.options import PRESETS, preset_names
from ..grid.overlays import WITH
from ..leaderboard.render import terminal
from ..run import executors
from .plugins import plugin_option

KINDS = ("metrics", "presets", "sections")


def registries() -> dict[str, Registry[Any]]:
    """Return every kind of methods by its plural, those that a scenario brings among them."""
    return {
        "attacks": attacks.registry,
        "defenses": defenses.registry,
        **{plural: registry for scenario in scenarios.every() for plural, registry in scenario.registries.items()},
        "models": models.registry,
        "datasets": datasets.registry,
        "executors": executors.registry,
        "scenarios": scenarios.registry,
    }


@click.command(name="list", short_help="List methods, metrics, presets and options.")
@click.argument("kind", required=False)
@click.argument("names", nargs=-1)
@click.option("-v", "verbose", is_flag=True, help="With sources and every option.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@plugin_option
def list_(kind: str | None, names: tuple[str, ...], verbose: bool, as_json: bool, plugins: tuple[str, ...]) -> None:
    """List methods and data sets, scenarios, executors, metrics, presets, or the shared sections of options.

    With names, only these, with sources and every option: rbench list attacks bra, or rbench list bra.
    """
    known = registries()
    kinds = (*known, *KINDS)
    if kind is not None and kind not in kinds:
        names, kind = (kind, *names), None
    found = {k: _entries(k, known) for k in ([kind] if kind else kinds)}
    if names:
        found, verbose = _named(found, names, kinds), True
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False, default=str))
        return
    for name, entries in found.items():
        click.echo(f"{name}:")
        for scenario, own in groupby(sorted(entries, key=_scenario), _scenario):
            if scenario:
                click.echo(f"  in the scenario {scenario}:")
            for entry in own:
                _show(f"{'    ' if scenario else '  '}{entry['name']:<22} ", entry["summary"])
                if verbose:
                    _details(entry)


def _named(
    found: dict[str, list[dict[str, Any]]], names: tuple[str, ...], kinds: tuple[str, ...]
) -> dict[str, list[dict[str, Any]]]:
    """Return the entries of these names, by kind.

    Raises:
        UserError: If there is none of a name.
    """
    there = {str(entry["name"]) for entries in found.values() for entry in entries}
    for name in names:
        if name not in there and len(found) == 1:
            raise unknown(f"name among the {next(iter(found))}", name, there)
        if name not in there:  # all names of all kinds would be too many
            like_it = difflib.get_close_matches(name, [*there, *kinds], cutoff=0.5)
            raise unknown("name or kind of thing to list", name, like_it or kinds)
    chosen = {kind: [entry for entry in entries if entry["name"] in names] for kind, entries in found.items()}
    return {kind: entries for kind, entries in chosen.items() if entries}


def _scenario(entry: dict[str, Any]) -> str:
    return entry.get("scenario") or ""


def _details(entry: dict[str, Any]) -> None:
    if entry.get("paper"):
        _show(" " * (27 if _scenario(entry) else 25), entry["paper"])
    for option in entry.get("options", []):
        click.echo(f"      {option['name']} = {written(option['default']) or 'empty'}  ({option['type']})")
        _show(" " * 10, option["meaning"])


def _show(before: str, text: str) -> None:
    """Print text behind a beginning, on a terminal in lines that are not longer than it is wide."""
    width = terminal.columns()
    lines = textwrap.wrap(text, max(width - len(before), 20)) if width else [text]
    click.echo("\n".join(f"{' ' * len(before) if n else before}{line}" for n, line in enumerate(lines or [""])))


def _entries(kind: str, known: dict[str, Registry[Any]]) -> list[dict[str, Any]]:
    if kind == "metrics":
        return [
            {
                "name": n,
                "scenario": scenario.name,
                "summary": f"{m.meaning} [{m.unit}]",
                "higher": m.higher,
                "scale": m.scale.value,
            }
            for scenario in scenarios.every()
            for n, m in scenario.metrics.items()
        ]
    if kind == "presets":
        return [_preset(n) for n in preset_names()]
    if kind == "sections":
        return [
            {"name": n, "scenario": scenario.name, "summary": _summary(c), "options": _options(c)}
            for scenario in scenarios.every()
            for n, c in scenario.sections.items()
        ]
    registry = known[kind]
    entries = [_method(name, cls) for name, cls in registry.usable().items()]
    return entries + [{"name": name, "summary": why} for name, why in registry.failures.items()]


def _preset(name: str) -> dict[str, Any]:
    found = read_toml(PRESETS / f"{name}.toml")
    models = [*filter(None, [found.get("tuned", {}).get("model")]), *found.get(WITH, {})]
    own = f"; schedules for {', '.join(models)}" if models else ""
    return {"name": name, "summary": found.get("about", "") + own, "models": models}


def _method(name: str, cls: Any) -> dict[str, Any]:
    entry = {"name": name, "summary": _summary(cls), "paper": getattr(cls, "paper", "")}
    entry |= {"scenario": cls.scenario} if hasattr(cls, "scenario") else {}
    try:
        return entry | ({"options": _options(cls.Config)} if hasattr(cls, "Config") else {})
    except Exception as error:  # a third party's options may be anything, and the list goes on
        return entry | {"summary": f"has options that cannot be listed: {error}"}


def _summary(cls: type) -> str:
    return (inspect.getdoc(cls) or "").partition("\n")[0]


def _options(cls: type) -> list[dict[str, Any]]:
    return [dict(zip(("name", "type", "default", "meaning"), field, strict=True)) for field in describe(cls)]
