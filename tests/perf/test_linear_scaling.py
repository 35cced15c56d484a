"""Whole runs on synthetic-cikm of growing size: hours, so only ``make scaling`` runs them.

RBENCH_SCALES names the sizes, RBENCH_SCALING the folder, in which what is measured already stays.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from publishing import Task

SCALES = os.environ.get("RBENCH_SCALES", "0.1,0.3,1,3")
FOLDER = Path(os.environ.get("RBENCH_SCALING", "rbench-scaling"))
TASK = Task(
    "scale",
    "Run the default grid on synthetic-cikm",
    "s",
    "",
    "make scaling",
    "25 cells, 66 stages, one seed, one worker; processor seconds of all stages.",
)


@pytest.mark.slow
def test_time_against_size(benchmark, capsys, publish):
    from scaling import fit, measure, plot, table, totals

    FOLDER.mkdir(parents=True, exist_ok=True)
    runs = benchmark.pedantic(
        lambda: [measure(float(scale), FOLDER.resolve(), {}) for scale in SCALES.split(",")], rounds=1
    )
    plot(runs, FOLDER / "scaling.png")
    _, exponent = fit([run["interactions"] for run in runs], totals(runs)["all"]) if len(runs) > 1 else (0.0, None)
    benchmark.extra_info |= {"runs": runs, "exponent": exponent}
    for run, seconds in zip(runs, totals(runs)["all"], strict=True):
        about = float(f"{run['interactions']:.2g}")
        publish(TASK, f"scale {run['scale']:g}, {about:,.0f} interactions", seconds)
    if exponent is not None:
        publish(TASK, "seconds grow as a power of the interactions", exponent, unit="as exponent")
    for run in runs:
        publish(TASK, f"largest process, scale {run['scale']:g}", run["bytes"] / 1e6, unit="MB")
    with capsys.disabled():
        print(f"\n{table(runs)}\n\nplot: {FOLDER / 'scaling.png'}")


def test_fit_finds_the_exponent():
    from scaling import fit

    n = [1e3, 1e4, 1e5]
    assert fit(n, [2e-3 * x**1.2 for x in n]) == pytest.approx((2e-3, 1.2))


def test_plot_and_table_of_runs(tmp_path):
    from scaling import plot, table

    runs = [
        {
            "scale": s,
            "interactions": int(s * 1e6),
            "seconds": 9.0,
            "stages": {"pretrain": 3 * s, "rank": 0.0},
            "bytes": 1e9,
        }
        for s in (0.1, 1.0)
    ]
    plot(runs, tmp_path / "plot.png")
    assert (tmp_path / "plot.png").stat().st_size > 1000
    lines = table(runs).splitlines()
    assert "| pretrain, s | 0.3 | 3.0 | 1.00 |" in lines
    assert "| rank, s | 0.0 | 0.0 | – |" in lines
