"""Options shared by the commands that compute."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from ..run.progress.display import DISPLAYS
from ..run.session import DEVICES, Session
from .grid_options import GridOptions

_OPTIONS = [
    click.option("--executor", default="local", show_default=True, help="Where stages run: rbench list executors."),
    click.option("--workers", type=click.IntRange(1), default=None, help="Stages at once; default: one a processor."),
    click.option("--device", type=click.Choice(DEVICES), default="auto", show_default=True),
    click.option("--display", type=click.Choice(DISPLAYS), default="auto", show_default=True),
]


def session_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command that takes a grid; it gets them as one ``Session``."""

    @functools.wraps(command)
    def collected(
        options: GridOptions, executor: str, workers: int | None, device: str, display: str, **rest: Any
    ) -> Any:
        session = Session(options.store, executor, workers, device, options.plugins, display)
        return command(options, session, **rest)

    decorated: Callable[..., Any] = collected
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated
