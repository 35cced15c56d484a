"""What a run shows: live bars on a terminal, a line a finished stage in a pipe, or nothing."""

from __future__ import annotations

import shutil
import sys
import time
from functools import cached_property
from types import TracebackType
from typing import Any

from ...stages.graph import Plan
from ...stages.stage import Stage
from ..worker import StageResult
from .estimate import Estimate, readable
from .labels import labels

DISPLAYS = ("auto", "rich", "plain", "none")


class Silent:
    """Shows nothing but what the user must know.

    Args:
        plan: What is run.
        left: Those of its stages that the store lacks.
        estimate: How long they take.
    """

    def __init__(self, plan: Plan, left: list[Stage], estimate: Estimate) -> None:
        self.plan, self.left, self.estimate = plan, left, estimate

    def __enter__(self) -> Silent:
        """Begin showing."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop showing."""

    def started(self, stage: Stage) -> None:
        """A stage was begun."""

    def advanced(self, stage_id: str, fraction: float) -> None:
        """A part of a stage is done."""

    def finished(self, stage: Stage, outcome: StageResult) -> None:
        """A stage ended."""

    def said(self, message: str) -> None:
        """Pass a message on."""
        print(message, file=sys.stderr)

    def label(self, stage: Stage) -> str:
        """Return what a stage is called for people."""
        return self._labels[stage.id]

    @cached_property
    def _labels(self) -> dict[str, str]:
        return labels(self.plan)


class Plain(Silent):
    """A line for every stage that ended."""

    def __init__(self, plan: Plan, left: list[Stage], estimate: Estimate) -> None:
        super().__init__(plan, left, estimate)
        self.count = 0

    def finished(self, stage: Stage, outcome: StageResult) -> None:
        """Print number, label, duration and, if it failed, why; a label that is too long for a terminal is cut."""
        self.count += 1
        label = f"[{self.count}/{max(self.count, len(self.left))}] {self.label(stage)}"
        if outcome.error is not None:
            print(f"{label}  FAILED: {outcome.error}", flush=True)
            return
        end = f"  {outcome.seconds:.1f} s"
        room = shutil.get_terminal_size().columns - len(end) if sys.stdout.isatty() else len(label)
        print((label if len(label) <= room else f"{label[: room - 1]}…") + end, flush=True)


class Rich(Silent):
    """Live: a bar for the whole run with the time left, and a line for each stage under way."""

    def __init__(self, plan: Plan, left: list[Stage], estimate: Estimate) -> None:
        super().__init__(plan, left, estimate)
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
        from rich.table import Column

        # What has a fixed width comes first, so that nothing jumps as labels come and go; long ones are cut.
        text = TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis"))
        self.bars: Any = Progress(
            SpinnerColumn(),
            BarColumn(bar_width=16),
            TimeElapsedColumn(table_column=Column(no_wrap=True, min_width=7)),
            text,
            console=Console(file=getattr(sys.stdout, "stream", None)),  # bars steer the terminal, and mean to
        )
        self.began = time.monotonic()
        self.costs = {stage.id: estimate.seconds(stage) for stage in left}
        self.cost = sum(self.costs.values())
        self.spent, self.count = 0.0, 0
        self.total = self.bars.add_task("all stages", total=self.cost or 1.0)
        self.lines: dict[str, Any] = {}
        self.parts: dict[str, float] = {}  # estimated seconds done of stages under way

    def __enter__(self) -> Rich:
        """Begin drawing."""
        self.bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the last state on the screen."""
        self.bars.stop()

    def started(self, stage: Stage) -> None:
        """Add a line; a stage whose parent had to be made again begins twice."""
        if stage.id in self.lines:
            return
        self.lines[stage.id] = self.bars.add_task(self.label(stage), total=None)

    def advanced(self, stage_id: str, fraction: float) -> None:
        """Fill the stage's bar, and count its part in the whole."""
        if stage_id in self.lines:
            self.bars.update(self.lines[stage_id], total=1.0, completed=fraction)
            self.parts[stage_id] = fraction * self.costs.get(stage_id, 0.0)
            self._all()

    def finished(self, stage: Stage, outcome: StageResult) -> None:
        """Drop the line and move the whole on."""
        if stage.id in self.lines:
            self.bars.remove_task(self.lines.pop(stage.id))
        self.parts.pop(stage.id, None)
        self.count += 1
        self.spent += self.estimate.seconds(stage)
        self._all()
        if outcome.error is not None:
            self.bars.console.print(f"FAILED {self.label(stage)}: {outcome.error}", style="red", markup=False)

    def _all(self) -> None:
        spent = self.spent + sum(self.parts.values())
        share = min(spent / self.cost, 1.0) if self.cost else 1.0
        left = (time.monotonic() - self.began) * (1 / share - 1) if share else 0.0
        text = f"all stages: {self.count}/{max(self.count, len(self.left))}, about {readable(left)} left"
        self.bars.update(self.total, completed=spent, description=text)

    def said(self, message: str) -> None:
        """Print above the bars."""
        self.bars.console.print(message, markup=False)


def choose(name: str, plan: Plan, left: list[Stage], estimate: Estimate) -> Silent:
    """Return the display called ``name``; ``auto`` is rich on a terminal and plain elsewhere."""
    if name == "auto":
        name = "rich" if sys.stdout.isatty() else "plain"
    return {"rich": Rich, "plain": Plain, "none": Silent}[name](plan, left, estimate)
