"""Options shared by the commands that compute."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from ..run.progress.display import DISPLAYS
from ..run.session import DEVICES, Session, read_limits
from .grid_options import GridOptions

_OPTIONS = [
    click.option("--executor", default="local", show_default=True, help="Where stages run: rbench list executors."),
    click.option("--address", default=None, metavar="URL", help="A Dask scheduler that exists: tcp://host:8786."),
    click.option("--scheduler-file", default=None, metavar="FILE", help="What such a scheduler wrote."),
    click.option("--workers", type=click.IntRange(1), default=None, help="Stages at once; default: one a processor."),
    click.option("--timeout", default=None, metavar="TIME", help="What a stage may take, e.g. 2h; then it has failed."),
    click.option("--max-memory", default=None, metavar="SIZE", help="What a stage may ask for, e.g. 4GB; likewise."),
    click.option("--fail-fast", is_flag=True, help="Begin no further stage once one has failed."),
    click.option("--device", type=click.Choice(DEVICES), default="auto", show_default=True),
    click.option("--display", type=click.Choice(DISPLAYS), default="auto", show_default=True),
]

_NAMES = ("executor", "address", "scheduler_file", "workers", "device", "display", "fail_fast")
"""What they are called, here and in a session."""


shard_option = click.option(
    "--shard", default=None, metavar="K/N", help="One of N shares of the cells, beside others over the same store."
)


def session_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command that takes a grid; it gets them as one ``Session``."""

    @functools.wraps(command)
    def collected(options: GridOptions, **given: Any) -> Any:
        chosen = {name: given.pop(name) for name in _NAMES}
        limits = read_limits(given.pop("timeout"), given.pop("max_memory"))
        return command(options, Session(options.store, plugins=options.plugins, **chosen, **limits), **given)

    decorated: Callable[..., Any] = collected
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated
