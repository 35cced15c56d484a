"""An executor beside those of other runs over the same store: what another run computes is waited for."""

from __future__ import annotations

import time
from concurrent.futures import Future
from types import TracebackType

from ...stages.store import Store
from ..executors import Executor
from ..progress.messages import EVERY
from ..worker import Job, StageResult
from .claims import Claims

EVERY_REMOTE = 2.0
"""Seconds between two looks at a store that is not a folder."""


class Sharing(Executor):
    """Hands jobs to another executor, but those of stages that another run has claimed.

    Args:
        inner: The executor that works.
    """

    def __init__(self, inner: Executor) -> None:
        self.inner = inner
        self.name = inner.name  # type: ignore[misc]  # it speaks for the inner one
        self._store: Store | None = None
        self._claims: Claims | None = None
        self._waiting: dict[Future[StageResult], Job] = {}
        self._looked = 0.0

    @property
    def workers(self) -> int:  # type: ignore[override]
        """Those of the inner executor, and one for each stage that is waited for."""
        return self.inner.workers + len(self._waiting)

    @property
    def threads(self) -> int:
        """As the inner executor has it."""
        return self.inner.threads

    def check(self, store: str) -> None:
        """Ask the inner executor."""
        self.inner.check(store)

    def claims(self, store: str) -> Claims:
        """Return this run's claims in a store by its URL."""
        if self._claims is None:
            self._store = Store(store)
            self._claims = Claims(self._store)
        return self._claims

    def submit(self, job: Job) -> Future[StageResult]:
        """Hand the job on, unless another run has done it or is about to."""
        claims = self.claims(job.store)
        future: Future[StageResult] = Future()
        if self._done(job):
            future.set_result(StageResult(job.stage.id, elsewhere=True))
        elif claims.take(job.stage.id):
            self._begin(job, future)
        else:
            self._waiting[future] = job
        return future

    def progress(self) -> dict[str, float]:
        """Return what the inner executor has, and look for what is waited for."""
        self._look()
        return self.inner.progress()

    def where(self) -> dict[str, str]:
        """As the inner executor has it; what is waited for is elsewhere."""
        return self.inner.where() | {job.stage.id: "another run" for job in list(self._waiting.values())}

    def __enter__(self) -> Sharing:
        self.inner.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the inner executor, and give up all claims."""
        try:
            self.inner.__exit__(kind, error, trace)
        finally:
            if self._claims is not None:
                self._claims.close()

    def _look(self) -> None:
        if not self._waiting or time.monotonic() - self._looked < self._pause:
            return
        self._looked = time.monotonic()
        for future, job in list(self._waiting.items()):
            if self._done(job):
                del self._waiting[future]
                future.set_result(StageResult(job.stage.id, elsewhere=True))
            elif self.claims(job.store).take(job.stage.id):
                del self._waiting[future]
                self._begin(job, future)

    def _begin(self, job: Job, future: Future[StageResult]) -> None:
        """Have the inner executor work on a job that is ours."""
        if self._done(job):  # by a run that gave its claim up between two looks
            self.claims(job.store).release(job.stage.id)
            future.set_result(StageResult(job.stage.id, elsewhere=True))
            return

        def settle(ended: Future[StageResult]) -> None:
            self.claims(job.store).release(job.stage.id)
            error = ended.exception()
            if error is None:
                future.set_result(ended.result())
            else:
                future.set_exception(error)

        self.inner.submit(job).add_done_callback(settle)

    def _done(self, job: Job) -> bool:
        self.claims(job.store)
        assert self._store is not None
        return self._store.has(job.stage.id)

    @property
    def _pause(self) -> float:
        return EVERY if self._store is not None and self._store.local else EVERY_REMOTE
