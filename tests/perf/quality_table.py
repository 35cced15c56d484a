"""Compares trainings by what their validation would keep, and by when that ranks as well as the first trainer's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from tabulate import tabulate

Lines = list[dict[str, Any]]


def kept(lines: Lines) -> dict[str, Any]:
    """Return the epoch that is best on the validation items."""
    return max(lines, key=lambda line: line["valid"])


def reached(lines: Lines, test: float) -> dict[str, Any] | None:
    """Return the first epoch at which the state that validation would keep ranks the test items that well."""
    return next((lines[i] for i in range(len(lines)) if kept(lines[: i + 1])["test"] >= test), None)


def compared(trained: Mapping[str, Sequence[Lines]]) -> str:
    """Return a Markdown table: of each trainer, what its trainings keep and when they rank as well as the first's.

    As well means the mean over the seeds. Times are the processor's seconds, their ranges over the seeds.
    """
    reference, *_ = trained.values()
    wanted = float(np.mean([kept(lines)["test"] for lines in reference]))
    rows = []
    for trainer, runs in trained.items():
        ends, firsts = [kept(lines) for lines in runs], [reached(lines, wanted) for lines in runs]
        rows.append(
            {
                "": trainer,
                "kept NDCG@10": f"{np.mean([end['test'] for end in ends]):.4f}",
                "range": _range([end["test"] for end in ends], ".4f"),
                "kept epoch": _range([end["epoch"] for end in ends], "d"),
                "s to it": _range([end["cpu_seconds"] for end in ends], ",.0f"),
                "s in all": _range([lines[-1]["cpu_seconds"] for lines in runs], ",.0f"),
                f"s to {wanted:.4f}": ", ".join(f"{f['cpu_seconds']:,.0f}" if f else "never" for f in firsts),
            }
        )
    return tabulate(rows, headers="keys", tablefmt="github", disable_numparse=True)


def milestones(ours: Sequence[Lines], theirs: Sequence[Lines]) -> list[tuple[str, Any, Any, float | None]]:
    """Return what the page shows: case, ours, theirs (least and greatest over the seeds), and the means' ratio or None.

    Times are the processor's seconds; only the last case, the mean NDCG@10 of what is kept, is no time.
    """
    ends = [[kept(lines) for lines in runs] for runs in (ours, theirs)]
    means = [float(np.mean([end["test"] for end in some])) for some in ends]
    firsts = [[reached(lines, means[1]) for lines in runs] for runs in (ours, theirs)]
    lasts = [[lines[-1] for lines in runs] for runs in (ours, theirs)]
    found: list[tuple[str, Any, Any, float | None]] = [
        ("to the kept state", *map(_span, ends), None),
        ("until it stops", *map(_span, lasts), None),
        ("NDCG@10 of the kept state, mean", *means, None),
    ]
    if None in (*firsts[0], *firsts[1]):
        return found
    ratio = np.mean(_seconds(firsts[1])) / np.mean(_seconds(firsts[0]))
    until = "until the kept state ranks as well as the peer's in the mean"
    return [(until, *map(_span, firsts), float(ratio)), *found]


def _seconds(lines: Lines) -> list[float]:
    return [line["cpu_seconds"] for line in lines]


def _span(lines: Lines) -> tuple[float, float]:
    return min(_seconds(lines)), max(_seconds(lines))


def _range(values: Sequence[float], form: str) -> str:
    low, high = format(min(values), form), format(max(values), form)
    return low if low == high else f"{low} to {high}"
