"""Workers of a Dask cluster: one of this machine's processes, or one that exists, on any number of machines."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from ....core.errors import UserError
from ... import scenarios
from ...stages.store import Store
from ..cluster.remote import Terms, admit, work
from ..cluster.start import distributed, end, join, quiet, start
from ..worker import Job, StageResult
from . import Executor, processors, register

LOST = (
    "the connection to Dask's scheduler was lost. What was finished is kept, and the same command goes on from there."
)


@register
class Dask(Executor):
    """Workers of a Dask cluster: processes of this machine, or with --address or --scheduler-file any others.

    Args:
        workers: How many jobs at once; by default one a processor, or one a worker of the cluster that is joined.
        address: That of a scheduler to join.
        scheduler_file: What a scheduler to join wrote.
    """

    joins = True

    def __init__(self, workers: int | None, address: str | None = None, scheduler_file: str | None = None) -> None:
        super().__init__(workers)
        distributed()
        self.joined = bool(address or scheduler_file)
        self.workers = workers or (1 if self.joined else processors())
        self._most, self._where = workers, (address, scheduler_file)
        self._means = ExitStack()
        self._client: Any = None
        self._cluster: Any = None
        self._terms: Terms | None = None
        self._news: dict[str, float] = {}
        self._running: dict[Future[StageResult], Any] = {}
        self._lock = threading.Lock()

    def check(self, store: str) -> None:
        """Join the cluster, and ask its workers whether they fit; a cluster of this machine starts with the first job.

        Raises:
            UserError: If there is no cluster, or a worker does not see the store or has other versions.
        """
        if self.joined:
            self._open(store)

    def submit(self, job: Job) -> Future[StageResult]:
        """Hand the job to the cluster."""
        self._open(job.store)
        assert self._terms is not None
        plugins = {path: (digest, _content(path)) for path, digest in job.plugins if path not in self._terms.plugins}
        if plugins:
            self._terms = replace(self._terms, plugins={**self._terms.plugins, **plugins})
        source = os.path.abspath(job.source) if os.path.exists(job.source) else job.source
        sent = replace(job, store=self._terms.store, source=source)
        wanted = {"GPU": 1} if job.device == "cuda" and not scenarios.kind(job.stage).prepares_data else None
        key = f"{job.stage.id}-{id(sent):x}"
        remote = self._client.submit(work, sent, self._terms, key=key, pure=False, resources=wanted)
        future: Future[StageResult] = Future()
        self._running[future] = remote
        remote.add_done_callback(lambda ended: self._settle(job, ended, future))
        return future

    def progress(self) -> dict[str, float]:
        """Return what workers sent, and count the workers of a joined cluster again."""
        self._count()
        with self._lock:
            news, self._news = self._news, {}
        return news

    def where(self) -> dict[str, str]:
        """Ask the scheduler."""
        if self._client is None:
            return {}
        processing = self._client.processing()
        return {key.rpartition("-")[0]: worker for worker, keys in processing.items() for key in keys}

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take back what has not begun, and end the cluster if it is ours."""
        if self._client is None:
            return
        with quiet():
            left = [remote for future, remote in self._running.items() if not future.done()]
            if self._cluster is not None and error is not None:
                end(self._cluster)
            with suppress(Exception):  # of a scheduler that is gone
                if left and self._cluster is None:
                    self._client.cancel(left)
            self._means.close()
        self._client = None

    def _open(self, store: str) -> None:
        """Have a cluster, whose workers fit."""
        if self._client is not None:
            return
        found = Store(store)
        found.check_writable()
        terms = Terms(found.url, elsewhere=self.joined)
        seen = found.path(terms.seen)
        with ExitStack() as means:
            means.enter_context(quiet())
            if self.joined:
                client = means.enter_context(join(*self._where))
            else:
                self._cluster = means.enter_context(start(self.workers))
                client = means.enter_context(distributed().Client(self._cluster, set_as_default=False))
            found.write(seen, terms.token.encode())
            means.callback(found.remove, seen)
            with _connected():
                _agree(client.run(admit, terms, on_error="return"))
                client.subscribe_topic(terms.topic, self._hear)
            self._means, self._client, self._terms = means.pop_all(), client, terms
        self._count()
        if self.joined and not self._client.nthreads():
            print("The cluster has no worker yet; stages wait for the first.", file=sys.stderr)

    def _count(self) -> None:
        if self.joined and self._client is not None:
            with suppress(Exception):  # a scheduler that is gone is told by the jobs under way
                present = len(self._client.nthreads())
                self.workers = max(1, min(present, self._most or present))

    def _hear(self, event: tuple[float, tuple[str, float]]) -> None:
        with self._lock:
            self._news[event[1][0]] = event[1][1]

    def _settle(self, job: Job, remote: Any, future: Future[StageResult]) -> None:
        """Turn the end of Dask's future into that of ours."""
        self._running.pop(future, None)
        try:
            result = remote.result()
        except CancelledError:
            future.set_exception(UserError(LOST))
        except distributed().scheduler.KilledWorker as error:
            reason = (
                f"KilledWorker: each of the {error.allowed_failures + 1} workers that began this stage was killed, "
                "perhaps for want of memory"
            )
            future.set_result(StageResult(job.stage.id, error=reason, traceback=f"{error}\n"))
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(result)


@contextmanager
def _connected() -> Iterator[None]:
    """Tell in a sentence that the scheduler is gone.

    Raises:
        UserError: If it is.
    """
    try:
        yield
    except distributed().comm.CommClosedError as error:
        raise UserError(LOST) from error


def _agree(answers: dict[str, Any]) -> None:
    """Raise what workers raised, if any did; one that was lost while it was asked is asked again with its first job.

    Raises:
        UserError: That of the first that has one, or what else is wrong there.
    """
    for address, answer in answers.items():
        if isinstance(answer, UserError):
            raise answer
        if isinstance(answer, BaseException) and not isinstance(answer, distributed().comm.CommClosedError):
            raise UserError(f"the worker at {address} cannot work for rbench: {type(answer).__name__}: {answer}.")


def _content(path: str) -> bytes:
    return Path(path).read_bytes()
