"""Executors: where stages are worked on; the store is where workers meet."""

from __future__ import annotations

from abc import ABC, abstractmethod
from concurrent.futures import Future
from types import TracebackType
from typing import ClassVar

from ...core.registry import Registry
from ..work import Job, Outcome


class Executor(ABC):
    """Takes jobs, gives futures; a context that is left when all is done or something broke.

    Workers had better start with the first job: a run that finds everything done needs none.

    Attributes:
        in_process: Whether jobs are worked on in this process, where a store in memory can be seen.

    Args:
        workers: How many jobs at once; None leaves it to the executor.
    """

    name: ClassVar[str]
    in_process: ClassVar[bool] = False

    def __init__(self, workers: int | None) -> None:
        self.workers = workers or 1

    @abstractmethod
    def submit(self, job: Job) -> Future[Outcome]:
        """Begin a job."""

    def __enter__(self) -> Executor:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop workers; jobs not begun are dropped."""
        return


registry: Registry[type[Executor]] = Registry("executor", __name__, "rbench.executors")
register = registry.register
