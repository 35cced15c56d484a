"""Plan, schedule and settle 10,000 and 100,000 stages whose work is nothing: the cost of a stage is the same."""

from __future__ import annotations

import time
from concurrent.futures import Future
from itertools import pairwise

from publishing import Task

from rbench.benchmark.run.collector import collecting
from rbench.benchmark.run.executors import Executor
from rbench.benchmark.run.progress.display import Plain
from rbench.benchmark.run.progress.estimate import Estimate
from rbench.benchmark.run.runner import Runner, StoreStatus
from rbench.benchmark.run.worker import Job, StageResult
from rbench.benchmark.stages.store import Store

TASK = Task(
    "scheduling",
    "Plan, schedule and settle stages whose work is nothing",
    "s",
    "",
    'make perf ARGS="-k test_scheduling"',
    "The grid of results/ml-100k with 65 and 650 seeds, no record written; by the clock.",
)
SEEDS = {10_000: 65, 100_000: 650}
"""Seeds of the published grid that come to so many stages."""


class Nothing(Executor):
    """Says that a job is done as soon as it is submitted."""

    in_process = True

    def submit(self, job):
        future = Future()
        future.set_result(StageResult(job.stage.id))
        return future


class Settling(Runner):
    """Knows which cells are finished, and writes no record: that is work, 1 ms a cell at any size."""

    def _record(self, cells):
        self._recorded |= {planned.cell for planned in cells}


def one_run(folder, seeds):
    """Return the stages, and the seconds that each step took."""
    from large_grid import LargeGrid

    ends = [time.perf_counter()]
    with collecting(False):  # as the commands have it
        planned = LargeGrid(seeds=seeds).plan()
        ends.append(time.perf_counter())
        store = Store(str(folder / "store"))
        status = StoreStatus.of(planned, store)
        stages = list(planned.stages.values())
        display = Plain(planned, stages, Estimate(stages, status.done, store))
        runner = Settling(planned, status, store, lambda stage: Job(stage, store.url), folder / "out")
        ends.append(time.perf_counter())
        result = runner.run(Nothing(4), display)
        ends.append(time.perf_counter())
    assert (result.computed, result.done, result.failed) == (len(stages), len(planned.cells), {})
    steps = ("plan", "look at the store", "schedule, settle, show")
    return len(stages), dict(zip(steps, (b - a for a, b in pairwise(ends)), strict=True))


def test_scheduling(benchmark, tmp_path, capsys, publish):
    lines = []
    for about, seeds in SEEDS.items():
        stages, seconds = one_run(tmp_path / str(about), seeds)
        total = sum(seconds.values())
        capsys.readouterr()  # a line a stage
        steps = ", ".join(f"{step} {value:.1f} s" for step, value in seconds.items())
        publish(TASK, f"{stages:,} stages", total)
        lines.append(f"{stages:,} stages: {total:.1f} s, {1e6 * total / stages:.0f} µs a stage ({steps})")
        benchmark.extra_info[str(stages)] = seconds | {"total": total, "microseconds a stage": 1e6 * total / stages}
    with capsys.disabled():
        print("\n" + "\n".join(lines))
    benchmark.pedantic(one_run, (tmp_path / "again", SEEDS[10_000]), rounds=1)
