"""Executors that break their contract are told so, and a pool of threads keeps it."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import pytest

from rbench.benchmark.run.executors import Executor
from rbench.benchmark.run.executors.serial import Serial
from rbench.benchmark.run.worker import Job, StageResult, make, perform
from rbench.benchmark.stages.codecs import Codecs
from rbench.benchmark.stages.store import LOG, Store
from rbench.testing import ExecutorContract


class Threads(Executor):
    """Threads of this process."""

    name = "threads"
    in_process = True

    def __init__(self, workers: int | None) -> None:
        super().__init__(workers or 2)
        self.pool = ThreadPoolExecutor(self.workers)

    def submit(self, job: Job) -> Future[StageResult]:
        return self.pool.submit(perform, job)

    def __exit__(self, *error: object) -> None:
        self.pool.shutdown(cancel_futures=True)


class TestThreads(ExecutorContract):
    """All but the name: a test must not change what the command line knows."""

    executor = Threads
    test_it_is_registered_under_its_name = None


def contract(cls: type[Executor]) -> ExecutorContract:
    return type("Contract", (ExecutorContract,), {"executor": cls, "patience": 0.2})()


def done(result: StageResult) -> Future[StageResult]:
    future: Future[StageResult] = Future()
    future.set_result(result)
    return future


class OtherNumbers(Serial):
    """Ranks every held-out item one place lower."""

    def submit(self, job: Job) -> Future[StageResult]:
        future, store = super().submit(job), Store(job.store)
        if job.stage.kind == "rank":
            ranking = Codecs().read(store, job.stage.id)
            artifact, files = Codecs().encode(replace(ranking, held_out_rank=ranking.held_out_rank + 1))
            store.save(job.stage, files | {LOG: b"{}\n"}, {"seconds": 0.0}, artifact)
        return future


class Forgetful(Serial):
    """Does not run every stage."""

    def submit(self, job: Job) -> Future[StageResult]:
        return done(StageResult(job.stage.id)) if job.stage.kind == "dataset" else super().submit(job)


class Swallowing(Serial):
    """Takes whatever happens for success."""

    def submit(self, job: Job) -> Future[StageResult]:
        return done(StageResult(perform(job).stage_id))


class Raising(Threads):
    """Calls the function that raises."""

    def submit(self, job: Job) -> Future[StageResult]:
        return self.pool.submit(make, job)


class Greedy(Serial):
    """Knows better how many workers there should be."""

    def __init__(self, workers: int | None) -> None:
        super().__init__(workers)
        self.workers = 4


class Leaking(Threads):
    """Leaves its threads behind."""

    opened: list[ThreadPoolExecutor] = []

    def __exit__(self, *error: object) -> None:
        self.opened.append(self.pool)


class Impatient(Serial):
    """Hands over the result and no future."""

    def submit(self, job: Job) -> Future[StageResult]:
        return super().submit(job).result()  # type: ignore[return-value]


class Modest(Serial):
    """Says that it works elsewhere."""

    in_process = False


class Dreaming(Serial):
    """Tells how far stages are that nobody gave it."""

    def progress(self) -> dict[str, float]:
        return {"another": 0.5}


def test_an_executor_with_other_numbers() -> None:
    with pytest.raises(AssertionError, match="records differ from serial's: checkerboard-sasrec-"):
        contract(OtherNumbers).test_records_are_those_of_serial()


def test_an_executor_that_skips_work(tmp_path) -> None:
    with pytest.raises(AssertionError, match="said to be done, and the store lacks it"):
        contract(Forgetful).test_a_job_becomes_a_future(tmp_path)


def test_an_executor_that_hides_failures(tmp_path) -> None:
    with pytest.raises(AssertionError, match="a stage that raised came back as done"):
        contract(Swallowing).test_a_failure_is_a_result(tmp_path)
    with pytest.raises(AssertionError, match="which parent has to be made again"):
        contract(Swallowing).test_damage_is_a_result(tmp_path)


def test_an_executor_that_raises(tmp_path) -> None:
    with pytest.raises(AssertionError, match="the future raised KeyError"):
        contract(Raising).test_a_failure_is_a_result(tmp_path)
    with pytest.raises(AssertionError, match="the future raised Damaged"):
        contract(Raising).test_damage_is_a_result(tmp_path)


def test_an_executor_that_ignores_the_number_of_workers() -> None:
    with pytest.raises(AssertionError, match="told to use 1 workers, it has workers=4"):
        contract(Greedy).test_it_heeds_the_number_of_workers()


@pytest.mark.parametrize("broken", [False, True])
def test_an_executor_that_leaves_workers_behind(tmp_path, broken) -> None:
    try:
        with pytest.raises(AssertionError, match=r"still there 0\.2 s after it was left: thread ThreadPoolExecutor"):
            contract(Leaking).test_it_leaves_no_worker(tmp_path, broken)
    finally:
        for pool in Leaking.opened:
            pool.shutdown()


def test_an_executor_without_futures(tmp_path) -> None:
    with pytest.raises(AssertionError, match=r"submit returned StageResult: return a concurrent\.futures\.Future"):
        contract(Impatient).test_a_job_becomes_a_future(tmp_path)


def test_an_executor_that_works_elsewhere_only_in_name(tmp_path) -> None:
    with pytest.raises(AssertionError, match="in_process=False, and what it stored in memory is seen here"):
        contract(Modest).test_it_says_whether_it_runs_in_this_process(tmp_path)


def test_an_executor_with_progress_of_nothing(tmp_path) -> None:
    with pytest.raises(AssertionError, match=r"not \{'another': 0\.5\}"):
        contract(Dreaming).test_a_job_becomes_a_future(tmp_path)
