"""Processes on this machine, one torch thread each: two with two threads on two cores ran five times slower."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from types import TracebackType

from ..progress.messages import ProgressQueue
from ..script import unknown_script
from ..worker import Job, StageResult, exit_with_parent, perform
from . import Executor, processors, register

PATIENCE = 10.0
"""Seconds in which a worker without work must have ended, though a method left threads behind."""
GRACE = 2.0
"""Seconds that a worker has to end when it is told to; one that doesn't listen, or holds Python's lock, is killed."""


@register
class Local(Executor):
    """A pool of processes, by default as many as there are processors."""

    def __init__(self, workers: int | None) -> None:
        super().__init__(workers or processors())
        self._pool: ProcessPoolExecutor | None = None
        self._context = multiprocessing.get_context("spawn")  # forking would copy torch's threads
        self._progress = ProgressQueue(self._context)
        self._processes: list[BaseProcess] = []

    def submit(self, job: Job) -> Future[StageResult]:
        """Hand the job to the next free process; if one was killed, all of them are started anew."""
        try:
            return self._submit(job)
        except BrokenExecutor:
            self._end(0.0)
            # Whoever was killed may have held the queue's lock.
            self._pool, self._progress = None, ProgressQueue(self._context)
            return self._submit(job)

    def progress(self) -> dict[str, float]:
        """Return what workers sent."""
        return self._progress.read()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the workers end, or, if something broke, tell them to; those that don't are killed."""
        if error is None:
            self._end(PATIENCE)
            return
        for process in self._processes:
            process.terminate()
        self._end(GRACE)

    def _submit(self, job: Job) -> Future[StageResult]:
        if self._pool is None:
            arguments = (os.getpid(), self._progress)
            self._pool = ProcessPoolExecutor(self.workers, self._context, _begin, arguments)
        masked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # for workers: Ctrl-C is ours to answer
        try:
            with unknown_script():
                future = self._pool.submit(_perform, job)
            self._processes = list(self._pool._processes.values())
            return future
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, masked)

    def _end(self, patience: float) -> None:
        """Stop the pool; workers that are still there after so many seconds, or at a further Ctrl-C, are killed."""
        if self._pool is None:
            return
        try:
            self._pool.shutdown(wait=False, cancel_futures=True)
            deadline, left = time.monotonic() + patience, {process.sentinel for process in self._processes}
            while left and (ended := wait(left, max(0.0, deadline - time.monotonic()))):
                left.difference_update(ended)
        finally:
            for process in self._processes:
                process.kill()
            for process in self._processes:
                process.join()


_progress: ProgressQueue
"""In a worker's process, the queue that it was started with: a queue cannot travel with a job."""


def _begin(parent: int, progress: ProgressQueue) -> None:
    global _progress
    exit_with_parent(parent)
    _progress = progress


def _perform(job: Job) -> StageResult:
    return perform(job, _progress.send)
