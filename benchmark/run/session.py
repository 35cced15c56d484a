"""One invocation's means: store, executor, device, plug-ins, display."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from ...core.errors import UserError
from ...core.registry import in_use
from ..stages.graph import Plan
from ..stages.quantities import duration, size
from ..stages.stage import Stage
from ..stages.store import Store
from . import executors
from .preparation import prepare
from .progress.display import DISPLAYS, choose
from .progress.estimate import Estimate
from .progress.heartbeat import Heartbeat
from .runner import Result, Runner, StoreStatus
from .shares.share import Share
from .shares.sharing import Sharing
from .worker import Job

DEVICES = ("auto", "cpu", "cuda")


class Limits(TypedDict):
    """What a stage may take, by the names that a session has for it."""

    timeout: float | None
    max_memory: int | None


def read_limits(timeout: str | float | None, max_memory: str | float | None) -> Limits:
    """Read what is given to --timeout and --max-memory; numbers are seconds and bytes.

    Raises:
        UserError: If one is no duration or size.
    """
    return {
        "timeout": None if timeout is None else duration(str(timeout), "--timeout"),
        "max_memory": None if max_memory is None else size(str(max_memory), "--max-memory"),
    }


@dataclass(frozen=True)
class Session:
    """How plans are executed.

    Attributes:
        store: URL of the store.
        executor: Name of the executor.
        workers: Stages at once; None leaves it to the executor.
        device: ``auto``, ``cpu`` or ``cuda``.
        plugins: Files that every worker imports first.
        display: ``auto``, ``rich``, ``plain`` or ``none``.
        address: Of a cluster's scheduler, which the executor joins.
        scheduler_file: What such a scheduler wrote.
        share: Which share of a plan is run, others being run beside it over the same store; None: all of it.
        fail_fast: Whether no stage is begun any more once one has failed.
        timeout: Seconds that a stage may take; None: any.
        max_memory: Bytes that a stage may ask for, see :func:`.limits.limited`; None: any.
    """

    store: str
    executor: str = "local"
    workers: int | None = None
    device: str = "auto"
    plugins: tuple[str, ...] = ()
    display: str = "auto"
    address: str | None = None
    scheduler_file: str | None = None
    share: Share | None = None
    fail_fast: bool = False
    timeout: float | None = None
    max_memory: int | None = None

    def check(self) -> None:
        """Find out what would stop every plan.

        Raises:
            UserError: If a word is unknown, the store can't be written to or shared, or the device isn't there.
        """
        self.check_words()
        Store(self.store).check_writable()

    def check_words(self) -> None:
        """Find out what would stop every plan; writes nothing.

        Raises:
            UserError: If a word is unknown, the store can't be shared, or the device isn't there.
        """
        for option, value, known in (("device", self.device, DEVICES), ("display", self.display, DISPLAYS)):
            if value not in known:
                raise UserError(f"--{option} {value}: choose {', '.join(known)}.")
        if self.workers is not None and not (isinstance(self.workers, int) and self.workers >= 1):
            raise UserError(f"--workers {self.workers}: write a whole number, at least 1.")
        executor, store = executors.registry.get(self.executor), Store(self.store)
        if store.in_memory and not executor.in_process:
            raise UserError(f"--store {self.store}: only this process would see it; use --executor serial with it.")
        if self.address and self.scheduler_file:
            raise UserError("--address and --scheduler-file both name a scheduler; give one of the two.")
        if self._cluster and not executor.joins:
            option = f"--address {self.address}" if self.address else f"--scheduler-file {self.scheduler_file}"
            raise UserError(f"{option}: --executor {self.executor} joins no cluster; use --executor dask with it.")
        if self.device == "cuda" and not self._cluster:
            import torch

            if not torch.cuda.is_available():
                raise UserError("--device cuda: no CUDA device is available here; use --device cpu or auto.")

    def look(self, plan: Plan) -> None:
        """Read a plan's data, and check that they have what its stages need.

        Raises:
            UserError: If the data are bad, or lack something.
        """
        store = Store(self.store)
        status = StoreStatus.of(plan, store)
        with choose(self.display, plan, [], Estimate(plan.stages.values(), status.done, store)) as display:
            prepare(plan, status, store, self._job(plan, store), display)

    def execute(self, plan: Plan, out: Path | None, name: str = "") -> Result:
        """Run what the store lacks of a plan.

        Args:
            plan: What to run.
            out: Folder for records; None if the plan has no cells.
            name: What ``rbench status`` calls it, if it is a copy of what the user named.

        Raises:
            UserError: If the data are bad, before anything is written to ``out``.
        """
        store = Store(self.store)
        plan = plan if self.share is None else self.share.plan(plan)
        name = name or ("" if out is None else str(out.absolute()))
        job = self._job(plan, store)
        with self._executor() as executor:
            executor.check(store.url)
            status = StoreStatus.of(plan, store)
            left = [stage for stage in plan.stages.values() if stage.id not in status.done]
            estimate = Estimate(plan.stages.values(), status.done, store)
            share = "" if self.share is None else f"{self.share.number}/{self.share.of}"
            facts = {"out": name, "share": share, "executor": self.executor}
            with Heartbeat(choose(self.display, plan, left, estimate), store, facts, executor.where) as display:
                hold = [executor.claims(store.url).hold] if isinstance(executor, Sharing) else []
                prepared = prepare(plan, status, store, job, display, *hold)
                return Runner(plan, prepared, store, job, out, self.fail_fast).run(executor, display)

    def _job(self, plan: Plan, store: Store) -> Callable[[Stage], Job]:
        plugins = tuple(map(in_use, self.plugins))

        def job(stage: Stage) -> Job:
            source = plan.sources.get(stage.id, "")
            return Job(stage, store.url, self.device, plugins, source, 1, self.timeout, self.max_memory)

        return job

    def _executor(self) -> executors.Executor:
        executor = executors.registry.get(self.executor)(self.workers, **self._cluster)
        return executor if self.share is None else Sharing(executor)

    @property
    def _cluster(self) -> dict[str, str]:
        given = {"address": self.address, "scheduler_file": self.scheduler_file}
        return {name: value for name, value in given.items() if value}
