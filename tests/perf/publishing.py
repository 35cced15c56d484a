"""What a benchmark measured, written to a JSON file a task: docs/perf/NAME.json, from which page.py makes the page."""

from __future__ import annotations

import datetime
import json
import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

Value = float | tuple[float, float] | list[float] | None
"""A number, the least and the greatest of some, or nothing."""


@dataclass(frozen=True)
class Task:
    """What is measured.

    Attributes:
        name: Of the file, without ``.json``.
        task: What is done, in a few words.
        unit: Of rbench's numbers, and of the peer's unless a row says otherwise.
        against: The peer; empty if there is none.
        command: Measures it again.
        conditions: What a reader has to know, in a sentence or two.
    """

    name: str
    task: str
    unit: str
    against: str
    command: str
    conditions: str


def record(folder: Path, task: Task, case: str, rbench: Value, peer: Value = None, ratio: Value = None, **more: str):
    """Write a case into its task's file, in the place of what was measured of it before.

    Args:
        folder: Of the JSON files.
        task: What was measured; replaces what the file says of it.
        case: Under which circumstances, e.g. ``length 50, BPR``.
        rbench: What rbench takes or gives.
        peer: What the peer does.
        ratio: How many times as fast as the peer rbench is.
        more: ``against``, ``unit`` or ``peer_unit``, where the row's differ from the task's.
    """
    path = folder / f"{task.name}.json"
    rows: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["rows"] if path.is_file() else []
    values = {"rbench": rbench, "peer": peer, "ratio": ratio}
    row: dict[str, Any] = {"case": case, **more}
    row |= {name: _short(value) for name, value in values.items() if value is not None}
    row |= {"date": datetime.date.today().isoformat(), "machine": machine()}
    key = case, more.get("against")
    place = next((i for i, old in enumerate(rows) if (old["case"], old.get("against")) == key), len(rows))
    rows[place : place + 1] = [row]
    head = {name: text for name, text in asdict(task).items() if name != "name"}
    path.write_text(json.dumps({**head, "rows": rows}, indent=1, ensure_ascii=False) + "\n", "utf-8")


def machine() -> str:
    """Return this machine in words: cores, processor, memory."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    names = [line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    memory = [int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")]
    found = f"{cores} {platform.machine()} cores ({names[0] if names else platform.processor() or 'unknown'})"
    return found + (f", {memory[0] / 2**20:.0f} GiB" if memory else "")


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text("utf-8").splitlines()
    except OSError:
        return []


def _short(value: Any) -> Any:
    """Keep four digits: more are noise."""
    return [_short(each) for each in value] if isinstance(value, (tuple, list)) else float(f"{value:.4g}")
