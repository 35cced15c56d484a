"""One invocation's means: store, executor, device, plug-ins, display."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...core.errors import UserError
from ...core.registry import in_use
from ..stages.graph import Plan
from ..stages.stage import Stage
from ..stages.store import Store
from . import executors
from .preparation import prepare
from .progress.display import DISPLAYS, choose
from .progress.estimate import Estimate
from .runner import Result, Runner, StoreStatus
from .worker import Job

DEVICES = ("auto", "cpu", "cuda")


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
    """

    store: str
    executor: str = "local"
    workers: int | None = None
    device: str = "auto"
    plugins: tuple[str, ...] = ()
    display: str = "auto"

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
        if self.device == "cuda":
            import torch

            if not torch.cuda.is_available():
                raise UserError("--device cuda: no CUDA device is available here; use --device cpu or auto.")

    def look(self, plan: Plan) -> None:
        """Read a plan's data, and check that they have what its stages need.

        Raises:
            UserError: If the data are bad, or lack something.
        """
        self._run(plan, None, False)

    def execute(self, plan: Plan, out: Path | None) -> Result:
        """Run what the store lacks of a plan.

        Raises:
            UserError: If the data are bad, before anything is written to ``out``, or if a worker is killed.
        """
        result = self._run(plan, out, True)
        assert result is not None
        return result

    def _run(self, plan: Plan, out: Path | None, whole: bool) -> Result | None:
        """Prepare a plan's data, and run the rest if the ``whole`` of it is wanted."""
        store = Store(self.store)
        plugins = tuple(map(in_use, self.plugins))

        def job(stage: Stage) -> Job:
            return Job(stage, store.url, self.device, plugins, plan.sources.get(stage.id, ""))

        status = StoreStatus.of(plan, store)
        left = [stage for stage in plan.stages.values() if stage.id not in status.done]
        estimate = Estimate(plan.stages.values(), status.done, store)
        with choose(self.display, plan, left, estimate) as display:
            prepared = prepare(plan, status, store, job, display)
            if not whole:
                return None
            runner = Runner(plan, prepared, store, job, out)
            with executors.registry.get(self.executor)(self.workers) as executor:
                return runner.run(executor, display)
