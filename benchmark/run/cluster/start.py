"""A Dask cluster of this machine's processes, or a client of one that exists."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ....core.errors import UserError
from ..script import unknown_script

PATIENCE = 10.0
"""Seconds in which a scheduler has to answer."""
SILENT = logging.CRITICAL + 1
SETTINGS = {
    "distributed.scheduler.worker-ttl": None,  # a stage may hold the interpreter's lock for long
    "distributed.scheduler.unknown-task-duration": "60s",  # stages last longer than Dask's half second
    "distributed.scheduler.work-stealing": False,  # there is never more than one job a worker
    "distributed.scheduler.allowed-failures": 1,  # a stage whose workers die is tried once more
    "distributed.worker.daemon": True,
    "distributed.comm.timeouts.connect": "30s",
}
"""Those of Dask with which a cluster of this machine is started; docs/clusters.md asks for them elsewhere."""


def distributed() -> Any:
    """Return the package.

    Raises:
        UserError: If it is not installed.
    """
    try:
        import distributed as found
    except ImportError as error:
        raise UserError("--executor dask needs Dask: pip install 'rbench[dask]'.") from error
    return found


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Dask from telling, within, what rbench says in a sentence of its own; after an error for good."""
    log = logging.getLogger("distributed")
    before = log.level
    log.setLevel(SILENT)
    yield
    log.setLevel(before)  # not after an error: a client that is being closed tells late that it cannot reconnect


def join(address: str | None, scheduler_file: str | None) -> Any:
    """Return a client of the scheduler at an address, or of the one that wrote a file.

    Raises:
        UserError: If there is none.
    """
    option = f"--address {address}" if address else f"--scheduler-file {scheduler_file}"
    if scheduler_file and not Path(scheduler_file).is_file():
        raise UserError(f"{option}: there is no such file; dask scheduler --scheduler-file writes it.")
    where = {"address": address} if address else {"scheduler_file": scheduler_file}
    try:
        return distributed().Client(**where, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TypeError, KeyError) as error:
        why = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"{option}: no Dask scheduler answers there ({why}).") from error


def start(workers: int) -> Any:
    """Return a cluster of so many processes of this machine, one thread each, without a dashboard."""
    import dask

    package = distributed()

    nanny: Any = package.Nanny

    class Worker(nanny):  # type: ignore[misc]  # Dask ships no types
        """Starts its process, and starts it again, without the caller's script."""

        async def instantiate(self) -> Any:
            with unknown_script():
                return await super().instantiate()

    options = {"nthreads": 1, "memory_limit": 0, "resources": {"GPU": 1}, "dashboard": False, "silence_logs": SILENT}
    spec = {number: {"cls": Worker, "options": dict(options)} for number in range(workers)}
    here = {"host": "127.0.0.1", "port": 0, "dashboard": False, "dashboard_address": "127.0.0.1:0"}
    scheduler = {"cls": package.Scheduler, "options": here}
    masked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # for workers: Ctrl-C is ours to answer
    try:
        with dask.config.set(SETTINGS):
            return package.SpecCluster(workers=spec, scheduler=scheduler, silence_logs=False)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, masked)


def end(cluster: Any) -> None:
    """End a cluster's processes at once, whatever they are doing."""
    for nanny in cluster.workers.values():
        nanny.auto_restart = False
        with suppress(AttributeError, ProcessLookupError, TypeError):
            os.kill(nanny.process.process.pid, signal.SIGKILL)
