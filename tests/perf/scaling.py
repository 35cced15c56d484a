"""How the stages' seconds grow with the data: runs, a fit in logarithms, a plot and a table."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rbench.benchmark.grid import plan
from rbench.benchmark.grid import resolve as grid
from rbench.benchmark.grid.request import read_request
from rbench.benchmark.stages.store import Store
from rbench.core.artifacts import decode

Run = Mapping[str, Any]


def measure(scale: float, folder: Path, options: Mapping[str, str]) -> Run:
    """Run the benchmark on synthetic-cikm of this scale, unless the folder says that it was.

    Args:
        scale: Of the data.
        folder: For the store, the results and what was measured.
        options: More options of ``rbench run`` that shape the grid, without dashes.

    Returns:
        ``scale``, ``interactions``, ``seconds`` by the wall, ``stages`` (processor seconds by kind) and ``bytes``
        (largest resident size of the command or one of its workers).
    """
    done = folder / f"{scale:g}.json"
    if done.is_file():
        return dict(json.loads(done.read_text()))
    given = {"datasets": "synthetic-cikm", "seeds": "1", "store": str(folder / f"store-{scale:g}"), **options}
    size = f"synthetic-cikm.scale={scale:g}"
    words = [f"--{name}={value}" for name, value in given.items()]
    command = [sys.executable, "-m", "rbench", "run", *words, "--set", size, "--out", str(folder / f"out-{scale:g}")]
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"rbench run failed at scale {scale:g}.")
    seconds = time.perf_counter() - began
    planned = plan.build(grid.build(read_request({**given, "options": (size,)})))
    store, stages = Store(given["store"]), {}
    for stage in planned.stages.values():
        stages[stage.kind] = stages.get(stage.kind, 0.0) + (store.seconds(stage.id, "cpu_seconds") or 0.0)
    data = next(stage.id for stage in planned.stages.values() if stage.kind == "dataset")
    found = {
        "scale": scale,
        "interactions": len(decode(store.load(data)).items),
        "seconds": seconds,
        "stages": stages,
        "bytes": usage.ru_maxrss * 1024,
    }
    done.write_text(json.dumps(found, indent=1))
    return found


def fit(interactions: Sequence[float], seconds: Sequence[float]) -> tuple[float, float]:
    """Return c and p of ``seconds = c * interactions^p``, by least squares in logarithms."""
    p, log_c = np.polyfit(np.log(interactions), np.log(seconds), 1)
    return float(np.exp(log_c)), float(p)


def totals(runs: Sequence[Run]) -> dict[str, list[float]]:
    """Return seconds of one processor by kind of stage, and ``all`` together, a value a run."""
    kinds = {kind: [run["stages"].get(kind, 0.0) for run in runs] for kind in runs[0]["stages"]}
    return {**kinds, "all": [sum(run["stages"].values()) for run in runs]}


def table(runs: Sequence[Run]) -> str:
    """Return a Markdown table: a row a kind of stage, a column a run, and the exponent."""
    heads = [f"scale {run['scale']:g}" for run in runs]
    lines = ["| | " + " | ".join([*heads, "exponent"]) + " |", "|---" * (len(runs) + 2) + "|"]
    x = [run["interactions"] for run in runs]
    lines.append(_row("interactions", [f"{n:,}" for n in x], ""))
    for kind, seconds in totals(runs).items():
        exponent = f"{fit(x, seconds)[1]:.2f}" if len(runs) > 1 and min(seconds) > 0 else "–"
        lines.append(_row(f"{kind}, s", [f"{value:,.1f}" for value in seconds], exponent))
    lines.append(_row("largest process, MB", [f"{run['bytes'] / 1e6:,.0f}" for run in runs], ""))
    return "\n".join(lines)


def plot(runs: Sequence[Run], path: Path) -> None:
    """Draw seconds against interactions, both in logarithms, with the fitted lines."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 5), layout="constrained")
    x = np.array([run["interactions"] for run in runs], float)
    for kind, seconds in totals(runs).items():
        if min(seconds) <= 0:
            continue
        c, p = fit(x, seconds)
        (line,) = axes.loglog(x, seconds, "o", label=f"{kind}: n^{p:.2f}")
        axes.loglog(x, c * x**p, "-", color=line.get_color(), linewidth=1)
    axes.set(xlabel="interactions", ylabel="seconds of one processor")
    axes.set_xticks(x, [f"{n:,.0f}" for n in x])
    axes.minorticks_off()
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    figure.savefig(path)
    pyplot.close(figure)


def _row(name: str, cells: Sequence[str], exponent: str) -> str:
    return "| " + " | ".join([name, *cells, exponent]) + " |"
