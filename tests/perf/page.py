"""Makes docs/performance.md of the JSON files in docs/perf.

python tests/perf/page.py
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parents[2] / "docs"
HEAD = """# Performance

Made by `make perf` from the JSON files in [perf](perf); edits by hand are lost. `python tests/perf/page.py` makes it
without measuring. Ratio: how many times as fast as the peer rbench is. Shared machines are noisy: the two sides of a
row took turns or ran at the same time, so trust the ratio more than the seconds. What these numbers came from, and
what was tried without success, is told in the notes on [training](notes/training-speed.md),
[large item tables](notes/large-item-tables.md), [convergence](notes/convergence.md), [ranking](notes/ranking.md),
[scale](notes/scale.md), [large grids](notes/large-grids.md), [federations](notes/federation-speed.md) and
[reading logs](notes/reading-logs.md).
"""
COLUMNS = ("task", "case", "rbench", "peer", "ratio", "command")
Task = Mapping[str, Any]


def render(folder: Path) -> str:
    """Return the page that the JSON files of a folder give: one table, and a line a task on how it was measured."""
    tasks = [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]
    machines = list(dict.fromkeys(row["machine"] for task in tasks for row in task["rows"]))
    lines = [_line(COLUMNS), _line(["---", "---", "---:", "---:", "---:", "---"])]
    lines += [_line(cells) for task in tasks for cells in _rows(task)]
    lines += ["", f"Machine: {machines[0]}." if len(machines) == 1 else "Machines are named with each task.", ""]
    return "\n".join([HEAD, *lines, *(f"- {_measured(task, len(machines) > 1)}" for task in tasks)]) + "\n"


def number(value: float | Sequence[float] | None) -> str:
    """Write a number, or the least and the greatest of some, with four digits and commas; nothing as a dash."""
    if value is None:
        return "–"
    if isinstance(value, Sequence):
        return " to ".join(number(each) for each in value)
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _rows(task: Task) -> list[list[str]]:
    rows = []
    for i, row in enumerate(task["rows"]):
        against, peer = row.get("against", task["against"]), row.get("peer")
        unit = row.get("unit", task["unit"])
        ours = f"{number(row['rbench'])} {unit}"
        theirs = f"{number(peer)} {row.get('peer_unit', unit)}, {against}" if "peer" in row else "–"
        first = [task["task"] if i == 0 else "", row["case"]]
        command = row.get("command", task["command"] if i == 0 else "")
        rows.append([*first, ours, theirs, number(row.get("ratio")), f"`{command}`" if command else ""])
    return rows


def _measured(task: Task, with_machine: bool) -> str:
    rows, name = task["rows"], task["task"]
    dates = sorted({row["date"] for row in rows})
    when = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
    where = "; ".join(dict.fromkeys(row["machine"] for row in rows))
    return f"{name}: {when}{f', {where}' if with_machine else ''}. {task['conditions']}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


if __name__ == "__main__":
    (DOCS / "performance.md").write_text(render(DOCS / "perf"), "utf-8")
