"""One job after the other, in this process: for debugging, and the yardstick for the other executors."""

from __future__ import annotations

from concurrent.futures import Future

from ..worker import Job, StageResult, perform
from . import Executor, register


@register
class Serial(Executor):
    """Works on a job as soon as it is submitted."""

    in_process = True

    def __init__(self, workers: int | None) -> None:
        super().__init__(1)

    def submit(self, job: Job) -> Future[StageResult]:
        """Finish the job, then return."""
        future: Future[StageResult] = Future()
        future.set_result(perform(job))
        return future
