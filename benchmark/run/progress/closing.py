"""The last lines of a run: where its results are, what they are good for, and which command comes next."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence

ENOUGH_SEEDS = 5
"""Below it, more seeds are proposed."""


def closing(
    out: str, written: Iterable[str], quick: bool, seeds: Sequence[int], failed: bool, shares: int = 1
) -> list[str]:
    """Return the lines.

    Args:
        out: The run's folder.
        written: The leaderboard's files.
        quick: Whether training was shortened, as for a first look.
        seeds: Those of the run.
        failed: Whether a cell failed.
        shares: Into how many shares the grid was cut, of which this run was one.
    """
    lines = [f"Results: {', '.join(written)}", f"Records: {out.rstrip('/')}/records"]
    if quick:
        lines.append("These numbers come from shortened training, for a first look: do not cite them.")
    if failed:
        return [*lines, "Next: mend what failed, and give the same command again; what is done is kept"]
    if shares > 1:
        return [*lines, f"Next, when all {shares} shares are done: rbench report {shlex.quote(out)}"]
    check = f"rbench report {shlex.quote(out)} --check"
    if quick:
        return [*lines, "Next: the full run, which is the same command without --quick"]
    if len(seeds) >= ENOUGH_SEEDS:
        return [*lines, f"Next: {check}"]
    missing, largest = ENOUGH_SEEDS - len(seeds), max(seeds)
    further = [*seeds, *range(largest + 1, largest + 1 + missing)]
    wanted = str(ENOUGH_SEEDS) if further == list(range(ENOUGH_SEEDS)) else ",".join(map(str, further))
    return [*lines, f"Next: {check}, or more seeds: the same command with --seeds {wanted}"]
