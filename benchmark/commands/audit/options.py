"""Options shared by the commands for those who were handed a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from ...run.progress.display import DISPLAYS
from ...run.session import DEVICES
from ..plugins import plugin_option

_OPTIONS = [
    click.option("--data", required=True, metavar="LOG", help="A table or .inter file, or a data set."),
    click.option("--user", default=None, metavar="COLUMN", help="Of the log; default: user_id."),
    click.option("--item", default=None, metavar="COLUMN", help="Of the log; default: item_id."),
    click.option("--time", default=None, metavar="COLUMN", help="Of the log; default: timestamp."),
    click.option("--preset", default=None, help="Schedules; default: that of the log's name, with short training."),
    click.option("--set", "options", multiple=True, metavar="SECTION.OPTION=VALUE", help="One option; repeatable."),
    click.option("--store", default=None, metavar="URL", help="Where stages are kept; default: the user's cache."),
    click.option("--executor", default="local", show_default=True, help="Where stages run: rbench list executors."),
    click.option("--workers", type=click.IntRange(1), default=None, help="Stages at once; default: one a processor."),
    click.option("--device", type=click.Choice(DEVICES), default="auto", show_default=True),
    click.option("--display", type=click.Choice(DISPLAYS), default="auto", show_default=True),
    plugin_option,
]


def audit_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options; a command gets them by the names that the Python API has for them."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
