"""10,000 cells whose stages are all done: plan, run with nothing left to do, report, and the steps inside them."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from publishing import Task

from rbench.benchmark.leaderboard.build import build
from rbench.benchmark.run.collector import collecting
from rbench.benchmark.run.progress.estimate import Estimate
from rbench.benchmark.run.records import RecordFolder, compose
from rbench.benchmark.run.runner import StoreStatus
from rbench.benchmark.run.session import Session
from rbench.benchmark.stages.store import Store
from rbench.core.records.folder import read_all

TASK = Task(
    "large-grid",
    "Commands on 10,004 cells and 25,258 stages, all done",
    "s",
    "",
    'make perf ARGS="-k test_commands_on_a_large_grid"',
    "The grid of results/ml-100k with 164 seeds; by the clock.",
)
CASES = {"run": "run, nothing left to do"}


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """Return the grid, its store, and a folder with its records, made by a run that found all stages done."""
    from large_grid import LargeGrid

    folder = tmp_path_factory.mktemp("large")
    grid, store = LargeGrid(), Store(str(folder / "store"))
    store.check_writable()
    grid.fill(store)
    Session(store.url, executor="serial", display="none").execute(grid.plan(), folder / "out")
    return grid, store, folder / "out"


def test_commands_on_a_large_grid(benchmark, large, capsys, publish):
    grid, store, out = large
    asked = ["--config", str(grid.config), "--seeds", str(grid.seeds), "--store", store.url]
    commands = {"plan": ["plan", *asked], "run": ["run", *asked, "--out", str(out)], "report": ["report", str(out)]}
    commands["report --html"] = ["report", str(out), "--html"]
    seconds = {}
    for name, words in commands.items():
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "rbench", *words], capture_output=True, check=True)
        seconds[name] = time.perf_counter() - began
    benchmark.pedantic(grid.plan, rounds=1)
    benchmark.extra_info |= {"seconds": seconds, "total": sum(seconds.values())}
    for name, value in {**seconds, "together": sum(seconds.values())}.items():
        publish(TASK, CASES.get(name, name), value)
    with capsys.disabled():
        print(f"\n{_listed(seconds)}; together {sum(seconds.values()):.1f} s")


def test_steps_on_a_large_grid(benchmark, large, capsys):
    grid, store, out = large
    seconds = {}

    def timed(name, function):
        began = time.process_time()
        with collecting(False):  # as the commands have it
            value = function()
        seconds[name] = time.process_time() - began
        return value

    planned = timed("plan.build", grid.plan)
    timed("Store.done", lambda: store.done(planned.stages))
    status = timed("StoreStatus.of", lambda: StoreStatus.of(planned, store))
    timed("Estimate", lambda: Estimate(planned.stages.values(), status.done, store))
    timed("RecordFolder", lambda: RecordFolder(out / "records"))
    timed("compose", lambda: [compose(cell, planned.stages, store) for cell in planned.cells])
    records = timed("read_all", lambda: read_all(out / "records"))
    timed("leaderboard.build", lambda: build(records))
    benchmark.pedantic(grid.plan, rounds=1)
    benchmark.extra_info |= {"cells": len(planned.cells), "stages": len(planned.stages), "cpu_seconds": seconds}
    with capsys.disabled():
        print(f"\n{len(planned.cells):,} cells, {len(planned.stages):,} stages, of one processor: {_listed(seconds)}")


def _listed(seconds):
    return ", ".join(f"{name} {value:.1f} s" for name, value in seconds.items())
