"""Runs what a plan still lacks, as stages become ready, and writes each record as soon as its cell is done."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from ...core.errors import UserError
from ...core.record import Cell
from ..stages.graph import Plan, PlannedCell
from ..stages.stage import Stage
from ..stages.store import Damaged, Store
from .collector import collecting
from .executors import Executor
from .progress import EVERY
from .records import RecordFolder, compose, compose_failed
from .worker import Job, StageResult


class Display(Protocol):
    """Whoever shows what happens."""

    def started(self, stage: Stage) -> None:
        """A stage was handed to the executor."""

    def advanced(self, stage_id: str, fraction: float) -> None:
        """A part of a stage is done."""

    def finished(self, stage: Stage, outcome: StageResult) -> None:
        """A stage is done or failed."""

    def said(self, message: str) -> None:
        """Something the user should know."""


@dataclass
class Result:
    """What a run came to.

    Attributes:
        done: Cells that are done.
        failed: Cells that are not, and why.
        stopped: Stages that failed or whose parents did, and why.
        computed: Stages computed.
        records: Those of the cells, and of others in the same folder; None if the plan has no cells.
    """

    done: int = 0
    failed: dict[Cell, str] = field(default_factory=dict)
    stopped: dict[str, str] = field(default_factory=dict)
    computed: int = 0
    records: RecordFolder | None = None


@dataclass(frozen=True)
class StoreStatus:
    """What a store holds of a plan.

    Attributes:
        done: Ids of finished stages.
        notes: What the user should know of the others.
        made: How many of those were made since.
    """

    done: set[str]
    notes: list[str]
    made: int = 0

    @classmethod
    def of(cls, plan: Plan, store: Store) -> StoreStatus:
        """Look at the store, and forget what was altered in it."""
        done = store.done(plan.stages)
        damaged = store.damaged(done)
        for stage_id in damaged:
            store.discard(stage_id)
        return cls(done - set(damaged), [altered(*found) for found in damaged.items()])


def altered(stage_id: str, file: str) -> str:
    """Return the sentence about a file that is not what was written."""
    return f"{stage_id}: {file} in the store was altered or lost; it is made again."


class Runner:
    """One run of a plan.

    Args:
        plan: What to run.
        status: What the store holds of it.
        store: Where results are.
        make_job: Turns a stage into a job.
        out: Folder for records and the tracebacks of failed stages; None if the plan has no cells.
    """

    def __init__(
        self, plan: Plan, status: StoreStatus, store: Store, make_job: Callable[[Stage], Job], out: Path | None
    ) -> None:
        self.plan, self.store, self.make_job, self.out = plan, store, make_job, out
        self.done, self.notes = set(status.done), list(status.notes)
        self.failed: dict[str, str] = {}
        records = RecordFolder(out / "records") if out is not None else None
        self.result = Result(computed=status.made, records=records)
        self._remakes: dict[str, int] = {}

    def run(self, executor: Executor, display: Display) -> Result:
        """Run all that is left; cells whose stages fail are recorded as failed, the others go on.

        Raises:
            UserError: If a worker was killed; names what was under way.
        """
        # On a remote store nothing has been read yet, and reading is what finds damage.
        self._write(
            cell for cell in self.plan.cells if not (self.store.local and self._records.holds(cell, self.plan.stages))
        )
        running: dict[Future[StageResult], Stage] = {}
        try:
            with collecting(not self.done.issuperset(self.plan.stages)):
                self._work(executor, display, running)
        except BrokenExecutor:
            names = ", ".join(sorted({f"{stage.kind} {stage.name}" for stage in running.values()}))
            raise UserError(
                f"a worker process was killed, perhaps for want of memory; under way: {names or 'nothing'}. "
                "What was finished is kept, and the same command goes on from there."
            ) from None
        self._conclude()
        return self.result

    def _work(self, executor: Executor, display: Display, running: dict[Future[StageResult], Stage]) -> None:
        while True:
            while self.notes:
                display.said(self.notes.pop(0))
            for stage in self._ready(running.values()):
                if len(running) >= executor.workers:
                    break
                display.started(stage)
                running[executor.submit(replace(self.make_job(stage), threads=executor.threads))] = stage
            if not running:
                break
            while not (ended := wait(running, EVERY, return_when=FIRST_COMPLETED).done):
                for stage_id, fraction in executor.progress().items():
                    display.advanced(stage_id, fraction)
            for future in ended:
                outcome = future.result()
                stage = running.pop(future)
                self._settle_one(stage, outcome)
                if not outcome.damaged:
                    display.finished(stage, outcome)

    def _conclude(self) -> None:
        """Record what failed, and drop the tracebacks of what has not failed this time."""
        for planned in self.plan.cells:
            if planned.stages["measure"] not in self.done:
                reason = self._reason(planned)
                self.result.failed[planned.cell] = reason
                self._records.write(compose_failed(planned, self.plan.stages, reason))
        self.result.stopped = self.failed
        self.result.done = len(self.plan.cells) - len(self.result.failed)
        if self.out is not None and (folder := self.out / "failures").is_dir():
            for stage_id in self.done:
                (folder / f"{stage_id}.txt").unlink(missing_ok=True)
            if not any(folder.iterdir()):
                folder.rmdir()

    @property
    def _records(self) -> RecordFolder:
        assert self.result.records is not None, "a plan with cells needs a folder for their records"
        return self.result.records

    def _ready(self, running: Iterable[Stage]) -> list[Stage]:
        busy = {stage.id for stage in running}
        ready = []
        for stage in self.plan.stages.values():
            if stage.id in self.done or stage.id in self.failed or stage.id in busy:
                continue
            broken = next((p for p in stage.parents.values() if p in self.failed), None)
            if broken is not None:
                self.failed[stage.id] = self.failed[broken]
            elif all(parent in self.done for parent in stage.parents.values()):
                ready.append(stage)
        return ready

    def _settle_one(self, stage: Stage, outcome: StageResult) -> None:
        if outcome.damaged:
            self._distrust(*outcome.damaged)
            return
        if outcome.error is None:
            self.done.add(stage.id)
            self.result.computed += 1
            self._write(cell for cell in self.plan.cells if stage.id in cell.stages.values())
        else:
            self.failed[stage.id] = f"{stage.id}: {outcome.error}"
            if self.out is not None:
                (self.out / "failures").mkdir(exist_ok=True)
                (self.out / "failures" / f"{stage.id}.txt").write_text(outcome.traceback, "utf-8")

    def _write(self, cells: Iterable[PlannedCell]) -> None:
        for planned in cells:
            if self.done.issuperset(planned.stages.values()):
                try:
                    self._records.write(compose(planned, self.plan.stages, self.store))
                except Damaged as found:
                    self._distrust(found.stage_id, found.file)

    def _distrust(self, stage_id: str, file: str) -> None:
        """Make a stage again whose files are not what was written; twice at most, lest a bad disk loop us."""
        self._remakes[stage_id] = self._remakes.get(stage_id, 0) + 1
        self.done.discard(stage_id)
        if self._remakes[stage_id] > 2:
            self.failed[stage_id] = f"{stage_id}: {file} keeps changing in the store {self.store.url}"
            return
        self.store.discard(stage_id)
        self.notes.append(altered(stage_id, file))

    def _reason(self, planned: PlannedCell) -> str:
        return next((self.failed[s] for s in planned.stages.values() if s in self.failed), "not run")
