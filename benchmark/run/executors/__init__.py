"""Executors: where stages are worked on; the store is where workers meet."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from concurrent.futures import Future
from types import TracebackType
from typing import ClassVar

from ....core.registry import Registry
from ..worker import Job, StageResult


class Executor(ABC):
    """Takes jobs, gives futures; a context that is left when all is done or something broke.

    Workers had better start with the first job: a run that finds everything done needs none.

    Attributes:
        in_process: Whether jobs are worked on in this process, where a store in memory can be seen.
        joins: Whether it takes ``address`` and ``scheduler_file`` of a cluster that exists.

    Args:
        workers: How many jobs at once; None leaves it to the executor.
    """

    name: ClassVar[str]
    in_process: ClassVar[bool] = False
    joins: ClassVar[bool] = False

    def __init__(self, workers: int | None) -> None:
        self.workers = workers or 1

    def check(self, store: str) -> None:
        """Find out, before anything is computed, whether the workers can use a store by its URL.

        Raises:
            UserError: If they cannot; says why.
        """
        return

    def progress(self) -> dict[str, float]:
        """Return, by stage id, the fractions of running jobs that became known since the last call."""
        return {}

    def where(self) -> dict[str, str]:
        """Return, by stage id, where running jobs are worked on, if that is not this machine."""
        return {}

    @property
    def threads(self) -> int:
        """Processors of this machine for each worker: what a job may use whose results don't depend on threads."""
        return max(1, processors() // self.workers)

    @abstractmethod
    def submit(self, job: Job) -> Future[StageResult]:
        """Hand a job to a worker; the future's result is that of ``perform(job)``.

        The future raises ``BrokenExecutor`` if its worker was killed. The executor then takes further jobs, that one
        again among them, and raises ``BrokenExecutor`` itself if it can't.
        """

    def __enter__(self) -> Executor:
        """Return the executor, ready for jobs."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop workers; jobs not begun are dropped."""
        return


registry: Registry[type[Executor]] = Registry("executor", __name__, "rbench.executors", base=Executor)
register = registry.register


def processors() -> int:
    """Return how many processors this process may use; not every system lets a process be confined."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1
