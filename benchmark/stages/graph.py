"""The graph of stages that a grid comes to, each listed once however many cells need it."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...core.records.record import Cell
from .setting import Setting, Variant
from .stage import Stage


@dataclass(frozen=True)
class PlannedCell:
    """A cell of the grid and the stages that lead to it.

    Attributes:
        cell: Its coordinates.
        setting: The options that hold for it.
        attack: The attack's variant; None for the baselines.
        stages: Role to stage id; ``measure`` is the last.
    """

    cell: Cell
    setting: Setting
    attack: Variant | None
    stages: dict[str, str]


@dataclass
class Plan:
    """All stages, parents before children, and all cells.

    Attributes:
        stages: Id to stage.
        cells: The grid's cells.
        sources: Where stages read files, as the user named it: a data set, or the files of a method.
    """

    stages: dict[str, Stage] = field(default_factory=dict)
    cells: list[PlannedCell] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)

    def add(self, stage: Stage) -> str:
        """Add a stage if it isn't there yet; returns its id."""
        return self.stages.setdefault(stage.id, stage).id

    def add_with_parents(self, other: Plan, stage_id: str) -> None:
        """Add a stage of another plan, and all that it needs."""
        stage = other.stages[stage_id]
        for parent in stage.reads.values():
            self.add_with_parents(other, parent)
        self.add(stage)
        if stage_id in other.sources:
            self.sources[stage_id] = other.sources[stage_id]
