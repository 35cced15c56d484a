"""What a worker of a cluster does: make sure that it fits the run, then work on jobs."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ....core.errors import UserError
from ....core.system.files import write_atomically
from ...stages.store import Store
from ..records import all_versions
from ..worker import Job, StageResult, perform


@dataclass(frozen=True)
class Terms:
    """What a run asks of every worker, sent along with each job: a worker may join at any time.

    Attributes:
        store: URL of the store.
        token: Content of the file :attr:`seen` in the store, and name of the run.
        plugins: Plug-in files by the path that jobs have for them: the beginning of the sha256, and the content.
        versions: Of what computes the numbers, see ``records.all_versions``; workers that have it must have the same.
        elsewhere: Whether workers may be on other machines: then the store is looked for, and a job may use the
            worker's threads, not those that it says.
    """

    store: str
    token: str = field(default_factory=lambda: secrets.token_hex(8))
    plugins: Mapping[str, tuple[str, bytes]] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=all_versions)
    elsewhere: bool = False

    @property
    def topic(self) -> str:
        """Dask's topic under which workers send ``(stage_id, fraction)``."""
        return f"rbench-progress-{self.token}"

    @property
    def seen(self) -> str:
        """Name of a file in the store that tells workers that they look at the same store."""
        return f".seen-{self.token}"


_admitted: set[str] = set()
"""Tokens of the runs that this process fits."""


def admit(terms: Terms) -> None:
    """Find out, once in each process, whether it fits a run.

    Raises:
        UserError: If it does not see the store or cannot write to it, or has other versions.
    """
    if terms.token in _admitted:
        return
    here = all_versions()
    for name, wanted in terms.versions.items():
        if (found := here.get(name, wanted)) != wanted:
            raise UserError(
                f"{_here()} has {name} {found}, and this process {wanted}; records name one version, so install the "
                "same everywhere."
            )
    if terms.elsewhere:
        _look(Store(terms.store), terms)
    _admitted.add(terms.token)


def _look(store: Store, terms: Terms) -> None:
    try:
        content = store.read(store.path(terms.seen))
    except FileNotFoundError:
        content = b""
    if content != terms.token.encode():
        raise UserError(
            f"--store {terms.store}: {_here()} does not see it; name a folder that all machines share under the same "
            "path, or the URL of an object store."
        )
    store.check_writable()


def _here() -> str:
    return f"a worker on {socket.gethostname()}"


def work(job: Job, terms: Terms) -> StageResult:
    """Work on a job in a thread of a Dask worker.

    Raises:
        UserError: If this worker does not fit the run, or does not see a file that the job reads.
    """
    from distributed import get_worker

    admit(terms)
    worker = get_worker()
    if job.source and os.path.isabs(job.source) and not os.path.exists(job.source):
        raise UserError(
            f"{job.source}: {_here()} does not see it; put it where all machines have it under the same path."
        )
    plugins = tuple(_unpack(*terms.plugins[path], path, worker.local_directory) for path, _ in job.plugins)
    threads = worker.state.nthreads if terms.elsewhere else job.threads

    def send(stage_id: str, fraction: float) -> None:
        worker.log_event(terms.topic, [stage_id, fraction])

    return perform(replace(job, plugins=plugins, threads=threads), send)


def _unpack(digest: str, content: bytes, path: str, folder: str) -> tuple[str, str]:
    """Write a plug-in file into a worker's own folder, unless it is there."""
    file = Path(folder) / "rbench-plugins" / digest / Path(path).name
    if not file.is_file():
        write_atomically(file, content)
    return str(file), digest
