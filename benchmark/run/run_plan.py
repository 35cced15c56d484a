"""What a run would do: its cells and stages, which are done, and about how long the others take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...core.records.record import Cell
from ..stages.graph import Plan
from ..stages.setting import Setting
from ..stages.store import Store
from .progress.estimate import Estimate, readable

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class PlannedStage:
    """A stage of a plan.

    Attributes:
        stage: Its id, which ``rbench why`` explains once it is done.
        kind: What it does, e.g. ``pretrain``.
        name: Which method does it, e.g. ``bra``.
        done: Whether the store has its result.
        seconds: About how long it will take one processor; 0 if it is done.
        cells: How many cells need it.
        depth: How many stages stand before it in the longest way from the data to it.
    """

    stage: str
    kind: str
    name: str
    done: bool
    seconds: float
    cells: int
    depth: int


@dataclass(frozen=True, repr=False)
class RunPlan:
    """A grid as ``run`` would run it.

    Attributes:
        planned_cells: The grid's cells.
        planned_stages: All stages, parents before children.
        notes: What to know before its numbers are used, a sentence each.
        options: For each data set and model, the options that are not at their defaults, a line each.
    """

    planned_cells: list[Cell]
    planned_stages: list[PlannedStage]
    notes: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    @classmethod
    def of(cls, plan: Plan, store: Store) -> RunPlan:
        """Look at what the store has of a plan; writes nothing, and needs no store."""
        done = store.done(plan.stages)
        uses = Counter(stage for cell in plan.cells for stage in set(cell.stages.values()))
        estimate = Estimate(plan.stages.values(), done, store)
        stages, depths = [], dict[str, int]()
        for i, s in plan.stages.items():
            depths[i] = max((depths[parent] + 1 for parent in s.reads.values()), default=0)
            seconds = 0.0 if i in done else estimate.seconds(s)
            stages.append(PlannedStage(i, s.kind, s.name, i in done, seconds, uses[i], depths[i]))
        return cls([cell.cell for cell in plan.cells], stages, notes(plan), options(plan))

    @property
    def done(self) -> int:
        """How many stages the store has."""
        return sum(stage.done for stage in self.planned_stages)

    @property
    def left(self) -> int:
        """How many stages are to be run."""
        return len(self.planned_stages) - self.done

    @property
    def seconds(self) -> float:
        """About how long one processor needs for what is left; a rough guess until something like it has run."""
        return sum(stage.seconds for stage in self.planned_stages)

    def cells(self) -> pd.DataFrame:
        """Return a row a cell: ``dataset``, ``model``, ``attack``, ``mode``, ``defense``, ``seed``."""
        import pandas as pd

        return pd.DataFrame(self.planned_cells)

    def stages(self) -> pd.DataFrame:
        """Return a row a stage, its columns the attributes of ``PlannedStage``."""
        import pandas as pd

        return pd.DataFrame(self.planned_stages)

    def __repr__(self) -> str:
        return (
            f"{len(self.planned_cells)} cells, {len(self.planned_stages)} stages, {self.done} done; "
            f"left: about {readable(self.seconds)} of one processor (a rough guess until something has run)."
        )


def notes(plan: Plan) -> tuple[str, ...]:
    """Return what to know of a plan's settings before their numbers are used, a sentence each."""
    return tuple(dict.fromkeys(cell.setting.note for cell in plan.cells if cell.setting.note))


def options(plan: Plan) -> tuple[str, ...]:
    """Return a line for each data set and model of a plan: which options are not at their defaults."""
    settings = {id(cell.setting): cell.setting for cell in plan.cells}.values()
    return tuple(f"{s.model.label} on {s.dataset.name}: {', '.join(_assigned(s))}" for s in settings)


def _assigned(setting: Setting) -> Iterator[str]:
    given = {f"{section}.{name}={value}" for section, own in setting.given().items() for name, value in own.items()}
    yield from sorted(given) or ["all options at their defaults"]
