"""A plan cut into shares, one for each of several runs over one store."""

from __future__ import annotations

import re
from typing import NamedTuple

from ....core.errors import UserError
from ... import scenarios
from ...stages.graph import Plan, PlannedCell
from ...stages.stage import Stage


class Share(NamedTuple):
    """Which share of a plan is run: the ``number``-th of ``of``, counted from 1."""

    number: int
    of: int

    @classmethod
    def read(cls, text: str) -> Share:
        """Read ``2/8``.

        Raises:
            UserError: If it is written otherwise, or the number is not among so many.
        """
        found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text)
        share = cls(int(found[1]), int(found[2])) if found else None
        if share is None or not 1 <= share.number <= share.of:
            raise UserError(f"--shard {text}: write K/N with K from 1 to N, e.g. 2/8 for the second of eight shares.")
        return share

    def plan(self, whole: Plan) -> Plan:
        """Return the plan of this share: cells that stand beside each other in the whole, and all that they need.

        Shares of one plan have no cell in common and all of its cells together. They are cut by the scenarios'
        guesses, never by what stages took, so that every run cuts alike. A stage that several shares need is in each.
        """
        costs = _costs(whole)
        total, before = sum(costs), 0.0
        cells: list[PlannedCell] = []
        for planned, cost in zip(whole.cells, costs, strict=True):
            if int(self.of * (before + cost / 2) / total) == self.number - 1:
                cells.append(planned)
            before += cost
        needed = {stage_id for planned in cells for stage_id in planned.stages.values()}
        for stage_id, stage in reversed(whole.stages.items()):
            if stage_id in needed:
                needed.update(stage.reads.values())
        stages = {stage_id: stage for stage_id, stage in whole.stages.items() if stage_id in needed}
        return Plan(stages, cells, {i: source for i, source in whole.sources.items() if i in needed})


def _costs(plan: Plan) -> list[float]:
    """Return for each cell about how many seconds what it needs takes, but for what cells before it need."""
    counted: set[str] = set()

    def seconds(stage_id: str) -> float:
        if stage_id in counted:
            return 0.0
        counted.add(stage_id)
        stage = plan.stages[stage_id]
        return _guess(stage) + sum(map(seconds, stage.reads.values()))

    def cell(planned: PlannedCell) -> float:
        return sum(map(seconds, planned.stages.values()))

    return [max(cell(planned), 0.1) for planned in plan.cells]


def _guess(stage: Stage) -> float:
    guess = scenarios.kind(stage).guess(stage)
    return 0.1 if guess is None else guess
