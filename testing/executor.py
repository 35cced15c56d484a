"""The contract of executors."""

from __future__ import annotations

import functools
import multiprocessing
import tempfile
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest

from ..benchmark.grid import plan as plans
from ..benchmark.grid import resolve as grid
from ..benchmark.grid.request import Request
from ..benchmark.run import executors
from ..benchmark.run.executors.serial import Serial
from ..benchmark.run.preparation import prepare
from ..benchmark.run.progress.display import Silent
from ..benchmark.run.progress.estimate import Estimate
from ..benchmark.run.runner import Runner, StoreStatus
from ..benchmark.run.worker import Job, StageResult
from ..benchmark.stages.graph import Plan
from ..benchmark.stages.stage import Stage
from ..benchmark.stages.store import MANIFEST, Store
from .contract import Contract

WORKERS = 2
SMALL = {
    "checkerboard": {"users": 60, "items": 24, "longest": 10},
    "train": {"epochs": 2},
    "prompttune": {"epochs": 1},
    "pea": {"epochs": 1},
    "sasrec": {"hidden_size": 8},
}


class ExecutorContract(Contract):
    """Contract of an ``Executor``.

    Attributes:
        executor: The class under test.
        patience: Seconds within which its workers are gone when it is left.
    """

    kind, registry = "executor", executors.registry
    executor: ClassVar[type[executors.Executor]]
    patience: ClassVar[float] = 10.0

    def test_it_says_what_it_is(self) -> None:
        """``rbench list`` shows the summary; where a stage runs is no part of its id, so there is no version."""
        assert (vars(self.method).get("__doc__") or "").strip(), f"{self.method.__name__} has no docstring"

    def test_records_are_those_of_serial(self) -> None:
        """Where and how many at once stages are computed changes no byte of a record."""
        records, expected = _records(self.method), _records(Serial)
        missing = sorted({*expected} - {*records})
        assert not missing, f"without a record: {', '.join(missing)}"
        others = sorted(name for name in expected if records[name] != expected[name])
        assert not others, f"{len(others)} of {len(expected)} records differ from serial's: {', '.join(others)}"

    def test_it_heeds_the_number_of_workers(self) -> None:
        """What ``--workers`` says is a limit; without it the executor chooses."""
        for wanted in (1, 2, 5):
            found = self.method(wanted).workers
            assert 1 <= found <= wanted, f"told to use {wanted} workers, it has workers={found}"
        assert self.method(None).workers >= 1, "left to choose, it has no workers"

    def test_a_job_becomes_a_future(self, tmp_path: Path) -> None:
        """The harness waits for ``concurrent.futures.Future`` objects, and reads the fractions done."""
        job = _job(tmp_path, "dataset")
        with self.method(1) as executor:
            future = executor.submit(job)
            assert isinstance(future, Future), (
                f"submit returned {type(future).__name__}: return a concurrent.futures.Future instead"
            )
            result, fractions = future.result(), executor.progress()
        assert isinstance(result, StageResult), f"the future gave a {type(result).__name__}, no StageResult"
        assert (result.stage_id, result.error) == (job.stage.id, None), f"a stage that works came back as {result}"
        assert Store(job.store).has(job.stage.id), "the stage is said to be done, and the store lacks it"
        assert all(name == job.stage.id and 0 <= value <= 1 for name, value in fractions.items()), (
            f"progress() should hold fractions of submitted stages, not {fractions}"
        )

    def test_a_failure_is_a_result(self, tmp_path: Path) -> None:
        """Other cells go on, and the record says why this one failed."""
        job = _job(tmp_path, "dataset")
        job = replace(job, stage=replace(job.stage, params={}))  # its function asks for options in vain
        result = self._one(job)
        assert result.error is not None, "a stage that raised came back as done"
        assert "KeyError" in result.error and "Traceback" in result.traceback, f"it does not say why: {result}"

    def test_damage_is_a_result(self, tmp_path: Path) -> None:
        """A parent that the store lacks or distrusts is made again, and then this stage."""
        job = _job(tmp_path, "partition")
        parent = job.stage.parents["dataset"]
        assert self._one(job).damaged == (parent, MANIFEST), "it does not say which parent has to be made again"

    def test_it_says_whether_it_runs_in_this_process(self, tmp_path: Path) -> None:
        """With ``in_process`` a store in memory may be used, which other processes cannot see."""
        job = replace(_job(tmp_path, "dataset"), store=f"memory://{tmp_path.name}-executor")
        self._one(job)
        store = Store(job.store)
        if seen := store.has(job.stage.id):
            store.fs.rm(store.root, recursive=True)
        assert seen == self.method.in_process, (
            f"in_process={self.method.in_process}, and what it stored in memory is {'' if seen else 'not '}seen here"
        )

    @pytest.mark.parametrize("broken", [False, True], ids=["done", "broken"])
    def test_it_leaves_no_worker(self, tmp_path: Path, broken: bool) -> None:
        """When all is done, or something broke, processes and threads end."""
        before = _workers()
        with suppress(InterruptedError), self.method(2) as executor:
            future = executor.submit(_job(tmp_path, "dataset"))
            if broken:
                raise InterruptedError
            future.result()
        deadline = time.monotonic() + self.patience
        while (left := _workers() - before) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not left, f"still there {self.patience:g} s after it was left: {', '.join(sorted(left))}"

    def _one(self, job: Job) -> StageResult:
        with self.method(1) as executor:
            future: Future[StageResult] = executor.submit(job)
            error = future.exception()
            assert error is None, f"the future raised {type(error).__name__}: {error}; it should give a StageResult"
            return future.result()


@functools.cache
def _plan() -> Plan:
    request = Request(
        attacks=("bra", "pea"),
        modes=("direct", "pt"),
        defenses=("kmeans",),
        datasets=("checkerboard",),
        seeds=(0,),
        file=SMALL,
    )
    return plans.build(grid.build(request))


def _job(folder: Path, kind: str) -> Job:
    """Return the job of the plan's first stage of a kind, with a store in a folder."""
    plan = _plan()
    stage = next(stage for stage in plan.stages.values() if stage.kind == kind)
    return Job(stage, str(folder), source=plan.sources.get(stage.id, ""))


@functools.cache
def _records(cls: type[executors.Executor]) -> dict[str, bytes]:
    """Return the records of the plan by file name, run by an executor."""
    plan = _plan()
    stages = list(plan.stages.values())
    with tempfile.TemporaryDirectory() as folder:
        store, out = Store(f"{folder}/store"), Path(folder) / "out"
        store.check_writable()

        def job(stage: Stage) -> Job:
            return Job(stage, store.url, source=plan.sources.get(stage.id, ""))

        display = Silent(plan, stages, Estimate(stages, set(), store))
        runner = Runner(plan, prepare(plan, StoreStatus.of(plan, store), store, job, display), store, job, out)
        with cls(WORKERS) as executor:
            runner.run(executor, display)
        return {path.name: path.read_bytes() for path in (out / "records").iterdir()}


def _workers() -> set[str]:
    threads = {f"thread {thread.name}" for thread in threading.enumerate() if not thread.daemon}
    return threads | {f"process {process.pid}" for process in multiprocessing.active_children()}
