"""Options shared by the commands that take a grid."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from ..grid.request import LISTS, WORDS, Request, read_request
from ..grid.resolve import default
from ..stages.store import default_url
from .plugins import plugin_option


@dataclass(frozen=True)
class GridOptions:
    """What was given for a grid: the request, the store and the plug-ins."""

    request: Request
    store: str
    plugins: tuple[str, ...]


def grid_options(command: Callable[..., Any], without: Collection[str] = ()) -> Callable[..., Any]:
    """Add the options of a grid, but for some, to a command, which gets them as one ``GridOptions``."""

    @functools.wraps(command)
    def collected(store: str | None, plugins: tuple[str, ...], **given: Any) -> Any:
        request = read_request({name: given.pop(name, None) for name in WORDS})
        return command(GridOptions(request, store or default_url(), plugins), **given)

    decorated: Callable[..., Any] = collected
    for name, option in reversed(_OPTIONS.items()):
        if name not in without:
            decorated = option(decorated)
    return decorated


_OPTIONS: dict[str, Callable[[Callable[..., Any]], Callable[..., Any]]] = {
    **{
        name: click.option(
            f"--{name}",
            default=None,
            metavar="A,B,...",
            help=f"Default: {','.join(default(name))}."
            + (" Options may follow a name: pea:suppress=0:variant=paper." if name == "attacks" else "")
            + (" A folder with your own log will do: see docs/data.md." if name == "datasets" else ""),
        )
        for name in LISTS
    },
    "seeds": click.option("--seeds", default=None, metavar="N | A,B,...", help="How many seeds, or which. Default: 3."),
    "preset": click.option("--preset", default=None, help="Options for one data set; default: that of its name."),
    "options": click.option(
        "--set", "options", multiple=True, metavar="SECTION.OPTION=VALUE", help="One option; repeatable."
    ),
    "config": click.option(
        "--config", type=click.Path(path_type=Path), help="A TOML file: the grid and sections of options."
    ),
    "quick": click.option("--quick", is_flag=True, help="One seed and short training: a minute, for a first look."),
    "store": click.option(
        "--store", default=None, metavar="URL", help="Where stages are kept; default: the user's cache."
    ),
    "plugins": plugin_option,
}
