"""Which stage may run next and which cells are finished, in time linear in the plan."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from typing import Generic, TypeVar

from ..stages.graph import PlannedCell
from ..stages.stage import Stage

T = TypeVar("T")

ATTEMPTS = 2
"""How often a stage is made again whose files are not what was written: a bad disk must not loop forever."""


class Scheduler:
    """Counts, for every stage and every cell, the stages that it still waits for.

    A stage is *done*, *failed*, *running*, or none of these; of the last, those whose parents are all done are ready.

    Attributes:
        done: Ids of finished stages.
        failed: Id to reason of the stages that failed or that need a failed one.

    Args:
        stages: Id to stage, parents before children: the order in which ready stages start.
        cells: Cells that need some of the stages.
        done: Ids of the stages that are finished already.
    """

    def __init__(self, stages: Mapping[str, Stage], cells: Sequence[PlannedCell], done: Iterable[str]) -> None:
        self.done = set(done)
        self.failed: dict[str, str] = {}
        self._stages, self._cells = stages, cells
        self._running: set[str] = set()
        self._damages: dict[str, int] = {}
        self._children = _Waiting({i: set(stage.reads.values()) for i, stage in stages.items()}, self.done)
        self._users = _Waiting({n: set(cell.stages.values()) for n, cell in enumerate(cells)}, self.done)
        self._ids = list(stages)
        self._places = {stage_id: place for place, stage_id in enumerate(self._ids)}
        # Sorted, hence a heap. What is in it may have to wait again: it is looked at once more when it is taken.
        self._ready = [place for place, stage_id in enumerate(self._ids) if self._may_run(stage_id)]

    def start(self) -> Stage | None:
        """Take the first stage that is ready, which counts as running from now on; None if there is none."""
        while self._ready:
            stage_id = self._ids[heapq.heappop(self._ready)]
            if self._may_run(stage_id):
                self._running.add(stage_id)
                return self._stages[stage_id]
        return None

    def finished_cells(self) -> list[PlannedCell]:
        """Return the cells that wait for nothing."""
        return [cell for n, cell in enumerate(self._cells) if not self._users.open[n]]

    def finish(self, stage_id: str) -> list[PlannedCell]:
        """Mark a running stage as done; returns the cells that waited for it alone."""
        self._running.remove(stage_id)
        self.done.add(stage_id)
        for child in self._children.release(stage_id):
            self._offer(child)
        return [self._cells[n] for n in self._users.release(stage_id)]

    def fail(self, stage_id: str, reason: str) -> None:
        """Mark a stage as failed, and with it all that need it; what runs or is done is left alone."""
        self._running.discard(stage_id)
        self.failed[stage_id] = reason
        spreading = [stage_id]
        while spreading:
            for child in self._children.of(spreading.pop()):
                if not self._started(child):
                    self.failed[child] = reason
                    spreading.append(child)

    def stop(self, stage_id: str) -> None:
        """Take a running stage back: it has computed nothing, and runs when its parents are done."""
        self._running.remove(stage_id)
        self._wait(stage_id)

    def undo(self, stage_id: str, reason: str) -> bool:
        """Have a stage made again whose files are not what was written; children that have not started wait for it.

        Args:
            stage_id: The stage. One that is not done, as others found the same before, is left as it is.
            reason: Why it fails, if it has been made again :data:`ATTEMPTS` times already.

        Returns:
            Whether it was done and may be made again.
        """
        if stage_id not in self.done:
            return False
        self.done.remove(stage_id)
        self._children.hold(stage_id)
        self._users.hold(stage_id)
        self._damages[stage_id] = self._damages.get(stage_id, 0) + 1
        if self._damages[stage_id] > ATTEMPTS:
            self.fail(stage_id, reason)
            return False
        self._wait(stage_id)
        return True

    def _started(self, stage_id: str) -> bool:
        return stage_id in self.done or stage_id in self.failed or stage_id in self._running

    def _may_run(self, stage_id: str) -> bool:
        return not self._children.open[stage_id] and not self._started(stage_id)

    def _offer(self, stage_id: str) -> None:
        if self._may_run(stage_id):
            heapq.heappush(self._ready, self._places[stage_id])

    def _wait(self, stage_id: str) -> None:
        """Put a stage in the queue, or, if it needs a failed one, fail it too."""
        parents = self._stages[stage_id].reads.values()
        broken = next((parent for parent in parents if parent in self.failed), None)
        if broken is not None:
            self.fail(stage_id, self.failed[broken])
        else:
            self._offer(stage_id)


class _Waiting(Generic[T]):
    """Who waits for which stages.

    Attributes:
        open: For each of those who wait, how many of their stages are not done.
    """

    def __init__(self, needs: Mapping[T, set[str]], done: set[str]) -> None:
        self.open = {one: len(needed - done) for one, needed in needs.items()}
        self._by_stage: dict[str, list[T]] = {}
        for one, needed in needs.items():
            for stage_id in needed:
                self._by_stage.setdefault(stage_id, []).append(one)

    def of(self, stage_id: str) -> list[T]:
        """Return who needs a stage."""
        return self._by_stage.get(stage_id, [])

    def release(self, stage_id: str) -> list[T]:
        """Count a stage as done; returns who waits for nothing from now on."""
        for one in self.of(stage_id):
            self.open[one] -= 1
        return [one for one in self.of(stage_id) if not self.open[one]]

    def hold(self, stage_id: str) -> None:
        """Count a stage as not done."""
        for one in self.of(stage_id):
            self.open[one] += 1
