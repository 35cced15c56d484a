"""Processes on this machine, one torch thread each: two with two threads on two cores ran five times slower."""

from __future__ import annotations

import multiprocessing
import os
import signal
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import replace
from types import TracebackType

from ..work import Job, Outcome, perform, quiet_exit
from . import Executor, processors, register


@register
class Local(Executor):
    """As many processes as there are processors, unless told otherwise."""

    def __init__(self, workers: int | None) -> None:
        super().__init__(workers or processors())
        self._pool: ProcessPoolExecutor | None = None

    def submit(self, job: Job) -> Future[Outcome]:
        """Hand the job to the next free process; forking would copy torch's threads, so that they are spawned."""
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self.workers, context, quiet_exit, (os.getpid(),))
        masked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # for workers: Ctrl-C is ours to answer
        try:
            return self._pool.submit(perform, replace(job, threads=self.threads))
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, masked)

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
