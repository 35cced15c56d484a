"""The last lines of a run: where its results are, what they are good for, and which command comes next."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from pathlib import Path

ENOUGH_SEEDS = 5
"""Below it, more seeds are proposed."""


def closing(out: Path, written: Iterable[Path], quick: bool, seeds: int) -> list[str]:
    """Return the lines.

    Args:
        out: The run's folder.
        written: The leaderboard's files.
        quick: Whether training was shortened, as for a first look.
        seeds: How many there were.
    """
    lines = [f"Results: {', '.join(map(str, written))}", f"Records: {out / 'records'}"]
    check = f"rbench report {shlex.quote(str(out))} --check"
    if quick:
        return [
            *lines,
            "These numbers come from shortened training, for a first look: do not cite them.",
            "Next: the full run, which is the same command without --quick",
        ]
    more = f", or more seeds: the same command with --seeds {ENOUGH_SEEDS}" if seeds < ENOUGH_SEEDS else ""
    return [*lines, f"Next: {check}{more}"]
