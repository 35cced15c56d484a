"""The option ``--plugin``, shared by the commands that look methods up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from ...core.registry import load_plugin


def _load(context: click.Context, parameter: click.Parameter, files: tuple[str, ...]) -> tuple[str, ...]:
    for file in files:
        load_plugin(file)
    return files


def plugin_option(command: Callable[..., Any]) -> Any:
    """Add ``--plugin`` to a command, which gets the files' names as ``plugins``; they are imported before it runs."""
    text = "A Python file that registers methods; repeatable."
    add: Callable[[Any], Any] = click.option(
        "--plugin", "plugins", multiple=True, metavar="FILE", callback=_load, help=text
    )
    return add(command)
