"""Options shared by the commands that take a grid."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import click

from ...core.errors import UserError
from ...core.registry import load_plugin
from ...core.toml import read_toml
from .. import scenarios
from ..grid.options import parse_assignments
from ..grid.resolve import Request
from ..stages.setting import DEFAULT_SCENARIO
from ..stages.store import default_url

LISTS = ("attacks", "modes", "datasets", "defenses", "models")


@dataclass(frozen=True)
class GridOptions:
    """What was given for a grid: the request, the store and the plug-ins."""

    request: Request
    store: str
    plugins: tuple[str, ...]


def grid_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a grid to a command, which gets them as one ``GridOptions``."""

    @functools.wraps(command)
    def collected(**given: Any) -> Any:
        own = {f.name for f in fields(GridOptions)} | _NAMES
        rest = {name: value for name, value in given.items() if name not in own}
        return command(read_options(given), **rest)

    decorated: Callable[..., Any] = collected
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated


def _default(name: str) -> str:
    chosen = getattr(Request(), name) or getattr(scenarios.get(DEFAULT_SCENARIO), name)
    return f"Default: {','.join(chosen)}."


_NAMES = {*LISTS, "seeds", "preset", "assignments", "config", "quick"}
_OPTIONS = [
    *(
        click.option(
            f"--{name}",
            default=None,
            metavar="A,B,...",
            help=_default(name)
            + (" Options may follow a name: pea:suppress=0:variant=paper." if name == "attacks" else "")
            + (" A folder with your own log will do: see docs/data.md." if name == "datasets" else ""),
        )
        for name in LISTS
    ),
    click.option("--seeds", default=None, metavar="N | A,B,...", help="How many seeds, or which. Default: 3."),
    click.option("--preset", default=None, help="Options for one data set; default: that of its name."),
    click.option("--set", "assignments", multiple=True, metavar="SECTION.OPTION=VALUE", help="One option; repeatable."),
    click.option("--config", type=click.Path(path_type=Path), help="A TOML file: the grid and sections of options."),
    click.option("--quick", is_flag=True, help="One seed and short training: a minute, for a first look."),
    click.option("--store", default=None, metavar="URL", help="Where stages are kept; default: the user's cache."),
    click.option("--plugin", "plugins", multiple=True, metavar="FILE", help="A Python file that registers methods."),
]


def read_options(given: Mapping[str, Any]) -> GridOptions:
    """Read the options' texts, by name; an option that is absent was not given.

    Raises:
        UserError: If one of them, or the file of --config, cannot be read.
    """
    plugins: tuple[str, ...] = tuple(given.get("plugins") or ())
    given = {name: given.get(name) for name in (*_NAMES, "store")}
    for plugin in plugins:
        load_plugin(plugin)
    file = read_toml(given["config"]) if given["config"] else {}
    grid = file.pop("grid", {})
    known = {*LISTS, "seeds", "preset", "quick"}
    if not isinstance(grid, dict) or (strange := set(grid) - known):
        names = ", ".join(sorted(strange)) if isinstance(grid, dict) else repr(grid)
        raise UserError(f"{given['config']}: [grid] does not know {names}; it has {', '.join(sorted(known))}.")
    for name, kind, example in (("preset", str, '"paper"'), ("quick", bool, "true")):
        if not isinstance(grid.get(name, kind()), kind):
            raise UserError(f"{given['config']}: [grid] {name} = {grid[name]!r}; write, e.g., {name} = {example}.")
    values: dict[str, Any] = {}
    for name in LISTS:
        text = given[name] if given[name] is not None else grid.get(name)
        if text is not None:
            values[name] = _split(text, name)
    quick = given["quick"] or grid.get("quick", False)
    seeds = given["seeds"] if given["seeds"] is not None else grid.get("seeds", "1" if quick else "3")
    request = Request(
        **values,
        seeds=_seeds(seeds),
        preset=given["preset"] or grid.get("preset"),
        quick=quick,
        file=file,
        assignments=parse_assignments(given["assignments"] or ()),
    )
    return GridOptions(request, given["store"] or default_url(), plugins)


def _split(value: Any, name: str) -> tuple[str, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, (list, tuple)):
        raise UserError(f"--{name} {value}: write names joined by commas.")
    names = tuple(dict.fromkeys(str(part).strip() for part in parts if str(part).strip()))
    if not names:
        alone = {"attacks": ", or clean for the baselines alone", "defenses": ", or none"}.get(name, "")
        raise UserError(f"--{name} is empty; name at least one{alone}.")
    return names


def _seeds(value: Any) -> tuple[int, ...]:
    listed = isinstance(value, list) or "," in str(value)
    parts = value if isinstance(value, list) else [part for part in str(value).split(",") if part.strip()]
    try:
        numbers = [int(str(part)) for part in parts]
        seeds = tuple(dict.fromkeys(numbers)) if listed else tuple(range(numbers[0]))
    except (ValueError, IndexError):
        raise UserError(f"--seeds {value}: write how many, or whole numbers joined by commas.") from None
    if not seeds or min(seeds) < 0:
        raise UserError(f"--seeds {value}: at least one is needed, and none below 0.")
    return seeds
