"""One invocation's means: store, executor, device, plug-ins, display."""

from __future__ import annotations

from concurrent.futures import BrokenExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from ..core.errors import UserError
from . import executors
from .display import choose
from .estimate import Estimate
from .plan import Plan
from .runner import Result, Runner, Survey
from .stage import Stage
from .store import Store
from .work import Job, make

DATA = ("dataset", "partition", "targets")


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
            UserError: If the executor is unknown, the store can't be written to or the device isn't there.
        """
        executors.registry.get(self.executor)
        Store(self.store).check_writable()
        if self.device == "cuda":
            import torch

            if not torch.cuda.is_available():
                raise UserError("--device cuda: no CUDA device is available here; use --device cpu or auto.")

    def execute(self, plan: Plan, out: Path | None) -> Result:
        """Run what the store lacks of a plan.

        Raises:
            UserError: If the data are bad, before anything is written to ``out``, or if a worker is killed.
        """
        store = Store(self.store)

        def job(stage: Stage) -> Job:
            return Job(stage, store.url, self.device, self.plugins, plan.sources.get(stage.id, ""))

        survey = Survey.of(plan, store)
        for stage in plan.stages.values():
            if stage.kind in DATA and stage.id not in survey.done:
                make(job(stage))
        survey = replace(survey, done=store.done(plan.stages))
        left = [stage for stage in plan.stages.values() if stage.id not in survey.done]
        runner = Runner(plan, survey, store, job, out)
        executor = executors.registry.get(self.executor)(self.workers if left else 1)
        with choose(self.display, left, Estimate(plan.stages.values(), survey.done, store)) as display:
            try:
                if not left:
                    return runner.run(executor, display)
                with executor:
                    return runner.run(executor, display)
            except BrokenExecutor:
                raise UserError(
                    "a worker process was killed, perhaps for want of memory; "
                    "what was finished is kept, and the same command goes on from there."
                ) from None
