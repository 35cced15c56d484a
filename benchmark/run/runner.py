"""Runs what a plan still lacks, as stages become ready, and writes each record as soon as its cell is done."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from ...core.errors import UserError, in_words
from ...core.records.record import Cell
from ...core.system.files import write_or_tell
from ..stages.graph import Plan, PlannedCell
from ..stages.location import Unreachable
from ..stages.stage import Stage
from ..stages.store import Damaged, Store
from .collector import collecting
from .executors import Executor
from .progress.messages import EVERY
from .records import RecordFolder, compose, compose_failed
from .scheduler import Scheduler
from .worker import Job, StageResult

KILLED = "its worker process was killed twice, the second time with no other stage under way; perhaps memory ran out"
"""Why a stage failed that takes its process with it."""


class Display(Protocol):
    """What shows how a run goes."""

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
        disturbed: What stages changed that belongs to the whole process, and that was put back.
        records: Those of the cells, and of others in the same folder; None if the plan has no cells.
    """

    done: int = 0
    failed: dict[Cell, str] = field(default_factory=dict)
    stopped: dict[str, str] = field(default_factory=dict)
    computed: int = 0
    disturbed: set[str] = field(default_factory=set)
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
        fail_fast: Whether no stage is begun any more once one has failed.
    """

    def __init__(
        self,
        plan: Plan,
        status: StoreStatus,
        store: Store,
        make_job: Callable[[Stage], Job],
        out: Path | None,
        fail_fast: bool = False,
    ) -> None:
        self.fail_fast = fail_fast
        self.plan, self.store, self.make_job, self.out = plan, store, make_job, out
        self.scheduler = Scheduler(plan.stages, plan.cells, status.done)
        self.notes = list(status.notes)
        records = RecordFolder(out / "records", plan) if out is not None else None
        self.result = Result(computed=status.made, records=records)
        self._recorded: set[Cell] = set()
        self._without_record: dict[Cell, str] = {}
        self._again: deque[Stage] = deque()
        self._killed: set[str] = set()

    def run(self, executor: Executor, display: Display) -> Result:
        """Run all that is left; cells whose stages fail are recorded as failed, the others go on.

        Raises:
            UserError: If a worker was killed and the executor takes no further job, or a file cannot be written.
            Unreachable: If the store cannot be read or written.
        """
        self._record_what_is_done()
        try:
            with collecting(not self.scheduler.done.issuperset(self.plan.stages)):
                self._work(executor, display)
        except BrokenExecutor:
            raise UserError(
                f"a worker process was killed, and --executor {executor.name} starts no other. "
                "What was finished is kept, and the same command goes on from there."
            ) from None
        self._conclude()
        return self.result

    def _work(self, executor: Executor, display: Display) -> None:
        running: dict[Future[StageResult], Stage] = {}
        while True:
            for note in self.notes:
                display.said(note)
            self.notes.clear()
            while stage := self._next(running, executor.workers):
                display.started(stage)
                running[executor.submit(replace(self.make_job(stage), threads=executor.threads))] = stage
            if not running:
                break
            while not (ended := wait(running, EVERY, return_when=FIRST_COMPLETED).done):
                for stage_id, fraction in executor.progress().items():
                    display.advanced(stage_id, fraction)
            for future in ended:
                stage = running.pop(future)
                outcome = self._outcome(future, stage)
                if outcome is None:
                    continue
                self._take(stage, outcome)
                if not outcome.damaged:
                    display.finished(stage, outcome)

    def _next(self, running: Mapping[Future[StageResult], Stage], workers: int) -> Stage | None:
        """Return the next stage to hand to the executor, or None.

        A stage whose worker was killed runs alone, so that it is known which of several is to blame.
        """
        if self.fail_fast and self.scheduler.failed:
            return None
        alone = self._again or any(stage.id in self._killed for stage in running.values())
        if len(running) >= (1 if alone else workers):
            return None
        return self._again.popleft() if self._again else self.scheduler.start()

    def _outcome(self, future: Future[StageResult], stage: Stage) -> StageResult | None:
        """Return how a stage ended; None if its worker was killed and it is tried again, which is done once."""
        try:
            outcome = future.result()
        except BrokenExecutor:
            if stage.id in self._killed:
                return StageResult(stage.id, error=KILLED, traceback=f"{KILLED}\n")
        else:
            self._killed.discard(stage.id)
            return outcome
        self._killed.add(stage.id)
        self._again.append(stage)
        self.notes.append(f"{stage.id}: its worker process was killed, or another beside it; it is tried again, alone.")
        return None

    def _take(self, stage: Stage, outcome: StageResult) -> None:
        """Act on the end of a stage.

        Raises:
            Unreachable: If the store cannot be read or written.
        """
        if outcome.unreachable:
            raise Unreachable(outcome.unreachable)
        if outcome.damaged:
            self._distrust(*outcome.damaged)
            self.scheduler.stop(stage.id)
        elif outcome.error is None:
            self.result.computed += not outcome.elsewhere
            self.result.disturbed.update(outcome.disturbed)
            self._record(self.scheduler.finish(stage.id))
        else:
            self.scheduler.fail(stage.id, f"{stage.id}: {outcome.error}")
            if self.out is not None:
                write_or_tell(self.out / "failures" / f"{stage.id}.txt", outcome.traceback.encode())

    def _record_what_is_done(self) -> None:
        finished = self.scheduler.finished_cells()
        if self.store.local:  # on a remote store nothing has been read yet, and reading is what finds damage
            self._recorded = {c.cell for c in finished if self._records.holds(c, self.plan.stages)}
        self._record(planned for planned in finished if planned.cell not in self._recorded)

    def _record(self, cells: Iterable[PlannedCell]) -> None:
        for planned in cells:
            if not self.scheduler.done.issuperset(planned.stages.values()):
                continue  # the record before this one has found a damaged file
            self._recorded.discard(planned.cell)
            try:
                record = compose(planned, self.plan.stages, self.store)
            except Damaged as found:
                self._distrust(found.stage_id, found.file)
            except Unreachable:
                raise
            except Exception as error:  # a third party's scenario may give anything
                self._without_record[planned.cell] = in_words(error)
            else:
                self._records.write(record)
                self._recorded.add(planned.cell)

    def _distrust(self, stage_id: str, file: str) -> None:
        """Have a stage made again whose files are not what was written."""
        if self.scheduler.undo(stage_id, f"{stage_id}: {file} keeps changing in the store {self.store.url}"):
            self.store.discard(stage_id)
            self.notes.append(altered(stage_id, file))

    def _conclude(self) -> None:
        """Record what failed, and drop the tracebacks of what has not failed this time or is in no record any more."""
        failed = self.result.stopped = self.scheduler.failed
        unfinished = "not run: --fail-fast stopped at the first failure" if self.fail_fast and failed else "not run"
        for planned in self.plan.cells:
            if planned.cell not in self._recorded:
                reason = next((failed[s] for s in planned.stages.values() if s in failed), "")
                reason = reason or self._without_record.get(planned.cell, unfinished)
                self.result.failed[planned.cell] = reason
                if not self._records.holds(planned, self.plan.stages):  # a record of an earlier run stays true
                    self._records.write(compose_failed(planned, self.plan.stages, reason))
        self.result.done = len(self.plan.cells) - len(self.result.failed)
        if self.out is not None and (folder := self.out / "failures").is_dir():
            named = {stage_id for record in self._records.read() for stage_id in record.stages.values()}
            for trace in list(folder.iterdir()):
                if trace.stem in self.scheduler.done or trace.stem not in named:
                    trace.unlink()
            if not any(folder.iterdir()):
                folder.rmdir()

    @property
    def _records(self) -> RecordFolder:
        assert self.result.records is not None, "a plan with cells needs a folder for their records"
        return self.result.records
