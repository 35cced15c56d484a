"""What executors cost, as ratios within one run: two workers against one, Dask against local, Dask's idle time."""

from __future__ import annotations

import os
import time
from concurrent.futures import Future
from pathlib import Path

import pytest
from publishing import Task

TASK = Task(
    "executors",
    "Run stages on several workers",
    "",
    "",
    'make perf ARGS="-k test_executors"',
    "The grids train on the checkerboard, each from an empty store, start of workers included: 24 cells, as many cells "
    "an hour with two workers as with one, and Dask's time over local's, nothing else running. The sleeping stages run "
    "on Dask workers in threads of one process, 10 a worker; all of Dask shares one interpreter there, and costs 2.5 "
    "to 3 ms a stage. Nothing else running.",
)
WORKERS, EACH = 100, 10
GRID = {
    "attacks": "bra",
    "modes": "direct",
    "defenses": "none",
    "datasets": "checkerboard",
    "seeds": 8,
    "options": {"train.epochs": 150, "train.patience": 150, "checkerboard.users": 600},
}


def seconds(folder: Path, name: str, executor: str, workers: int) -> float:
    import rbench

    began = time.perf_counter()
    results = rbench.run(
        **GRID, executor=executor, workers=workers, display="none", store=folder / f"{name}-store", out=folder / name
    )
    assert not results.failed
    return time.perf_counter() - began


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs two processors")
def test_executors_against_each_other(benchmark, tmp_path, capsys, publish):
    cases = {"one": ("local", 1), "two": ("local", 2), "dask": ("dask", 2)}
    found = {name: seconds(tmp_path, name, *case) for name, case in cases.items()}
    benchmark.pedantic(lambda: None, rounds=1)
    benchmark.extra_info |= found
    publish(TASK, "24 cells, two local workers against one", found["one"] / found["two"], unit="times")
    publish(TASK, "24 cells, two dask workers against two local ones", found["dask"] / found["two"], unit="times")
    with capsys.disabled():
        print(f"\n{found}; two against one {found['one'] / found['two']:.2f}; dask {found['dask'] / found['two']:.3f}")


@pytest.mark.parametrize("sleep", (2.0, 5.0))
def test_executors_keep_100_dask_workers_busy(benchmark, tmp_path, capsys, publish, sleep):
    """The scheduling is the runner's and Dask's own; only what a stage does is replaced, by a sleep."""
    from distributed import LocalCluster
    from large_grid import LargeGrid

    from rbench.benchmark.run.executors.dask import Dask
    from rbench.benchmark.run.progress.display import Silent
    from rbench.benchmark.run.progress.estimate import Estimate
    from rbench.benchmark.run.runner import Runner, StoreStatus
    from rbench.benchmark.run.worker import Job, StageResult
    from rbench.benchmark.stages.graph import Plan
    from rbench.benchmark.stages.store import Store

    class Sleeping(Dask):
        def submit(self, job: Job) -> Future[StageResult]:
            self._open(job.store)
            remote = self._client.submit(time.sleep, sleep, key=job.stage.id, pure=False)
            future: Future[StageResult] = Future()

            def settle(_: object) -> None:
                future.set_result(StageResult(job.stage.id))

            remote.add_done_callback(settle)
            self._kept.append(remote)
            return future

        _kept: list[object] = []

    whole = LargeGrid(seeds=8).plan()
    chosen = list(whole.stages.values())[: WORKERS * EACH]
    stages = [_alone(stage) for stage in chosen]
    plan = Plan({stage.id: stage for stage in stages})
    assert len(stages) == WORKERS * EACH
    store = Store(str(tmp_path))
    options = {
        "processes": False,
        "n_workers": WORKERS,
        "threads_per_worker": 1,
        "memory_limit": None,  # they share one process: each would take its memory for its own
        "dashboard_address": None,
    }
    with LocalCluster(**options) as cluster, Sleeping(None, address=cluster.scheduler_address) as executor:
        executor.check(store.url)
        assert executor.workers == WORKERS
        runner = Runner(plan, StoreStatus(set(), []), store, lambda stage: Job(stage, store.url), None)
        began = time.perf_counter()
        result = benchmark.pedantic(
            runner.run, (executor, Silent(plan, stages, Estimate(stages, set(), store))), rounds=1
        )
        took = time.perf_counter() - began
    assert result.computed == len(stages)
    busy = EACH * sleep / took
    benchmark.extra_info |= {"seconds": took, "busy": busy}
    publish(
        TASK, f"{WORKERS} dask workers in one process, stages of {sleep:.0f} s, busy", 100 * busy, unit="% of the time"
    )
    with capsys.disabled():
        print(f"\n{len(stages)} stages of {sleep:.0f} s on {WORKERS} workers: {took:.1f} s, {100 * busy:.1f}% busy")


def _alone(stage):
    """A stage that waits for no other: how the graph narrows is no cost of the executor."""
    from dataclasses import replace

    return replace(stage, parents={}, ancestors={}, params={**stage.params, "of": stage.id})
