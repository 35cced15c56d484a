"""``rbench status``: what runs over a store are doing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import click

from ....core.errors import printable
from ...run.progress.estimate import readable
from ...run.progress.heartbeat import alive, read_heartbeats
from ...stages.store import Store, default_url

EVERY = 2.0
"""Seconds between two looks."""
RECENT = 86400.0
"""Seconds for which runs that ended are shown."""


@click.command(short_help="Say what runs where, what failed, and what is left.")
@click.option("--store", default=None, metavar="URL", help="Where stages are kept; default: the user's cache.")
@click.option("--watch", is_flag=True, help="Look again and again, until no run goes on.")
@click.option("--all", "every", is_flag=True, help="Also runs that ended more than a day ago.")
def status(store: str | None, watch: bool, every: bool) -> None:
    """Say what the runs over a store are doing, on whichever machines, from what they write into it."""
    found = Store(store or default_url())
    while True:
        now = time.time()
        runs = [told for told in read_heartbeats(found) if every or now - told["now"] < RECENT or alive(told, now)]
        if watch:
            click.clear()
        lines = [line for told in runs for line in _lines(told, now)]
        click.echo(printable("\n".join(lines or [f"{found.url}: no run has been here within a day."])))
        if not watch or not any(alive(told, now) for told in runs):
            return
        time.sleep(EVERY)


def _lines(told: dict[str, Any], now: float) -> Iterator[str]:
    share = f", share {told['share']}" if told.get("share") else ""
    began = time.strftime("%Y-%m-%d %H:%M", time.localtime(told["began"]))
    yield f"{told['host']}, process {told['process']}, since {began}: {told.get('out') or 'no results'}{share}"
    if told["ended"]:
        state = told["ended"]
    elif alive(told, now):
        until = time.strftime("%H:%M", time.localtime(now + told["seconds_left"]))
        state = f"about {readable(told['seconds_left'])} left, until {until}"
    else:
        state = f"silent for {readable(now - told['now'])}: killed, or its clock is another"
    yield f"  {told['done']} of {told['stages']} stages done, {len(told['failed'])} failed; {state}"
    if not told["ended"]:
        for one in told["running"]:
            lasted = readable(max(0.0, told["now"] - one["since"]))
            yield f"  on {one['where']}: {one['label']}, {100 * one['fraction']:.0f}%, for {lasted}"
    for label, why in told["failed"].items():
        yield f"  FAILED {label}: {why}"
