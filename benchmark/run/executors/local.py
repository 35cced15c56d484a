"""Processes on this machine, one torch thread each: two with two threads on two cores ran five times slower."""

from __future__ import annotations

import multiprocessing
import os
import signal
from concurrent.futures import Future, ProcessPoolExecutor
from types import TracebackType

from ..progress.messages import ProgressQueue
from ..script import unknown_script
from ..worker import Job, StageResult, exit_with_parent, perform
from . import Executor, processors, register


@register
class Local(Executor):
    """A pool of processes, by default as many as there are processors."""

    def __init__(self, workers: int | None) -> None:
        super().__init__(workers or processors())
        self._pool: ProcessPoolExecutor | None = None
        self._context = multiprocessing.get_context("spawn")  # forking would copy torch's threads
        self._progress = ProgressQueue(self._context)

    def submit(self, job: Job) -> Future[StageResult]:
        """Hand the job to the next free process."""
        if self._pool is None:
            arguments = (os.getpid(), self._progress)
            self._pool = ProcessPoolExecutor(self.workers, self._context, _begin, arguments)
        masked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # for workers: Ctrl-C is ours to answer
        try:
            with unknown_script():
                return self._pool.submit(_perform, job)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, masked)

    def progress(self) -> dict[str, float]:
        """Return what workers sent."""
        return self._progress.read()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for the workers, or, if something broke, end them."""
        if self._pool is None:
            return
        if error is not None:
            for process in list((self._pool._processes or {}).values()):
                process.terminate()
        self._pool.shutdown(wait=True, cancel_futures=True)


_progress: ProgressQueue
"""In a worker's process, the queue that it was started with: a queue cannot travel with a job."""


def _begin(parent: int, progress: ProgressQueue) -> None:
    global _progress
    exit_with_parent(parent)
    _progress = progress


def _perform(job: Job) -> StageResult:
    return perform(job, _progress.send)
