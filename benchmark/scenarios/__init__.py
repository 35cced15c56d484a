"""Scenarios: who attacks whom, hence which stages a cell passes, which metrics it has and how its table looks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ...core.record import Record
from ...core.registry import Registry
from ..stages.graph import Plan
from ..stages.setting import Setting
from ..stages.stage import Stage
from ..tables.metric import Metric

if TYPE_CHECKING:
    from ..tables.number import Numbers
    from ..tables.result_sets import ResultSet

Table = tuple[list[str], list[list[str]]]


class Scenario(ABC):
    """One flow through the house.

    Attacks, defenses and models name theirs in their attribute ``scenario``; the harness asks it for the rest.

    Attributes:
        attacks: Taken where the user names none.
        modes: Taken where the user names none.
        defenses: Taken where the user names none.
        models: Taken where the user names none.
        bases: Kind of method (attack, defense, model) to the classes of which it must derive from one.
        sections: Sections of options that belong to no method, and their configurations.
        functions: Kind of stage to ``module:function``, the module relative to the harness.
        data_kinds: Kinds of stages that prepare data: made before all others, and without torch.
        logged: Roles of the stages whose logs stand in a record.
        metrics: Every metric, in the order in which they are printed.
        accuracy: Those that are compared with ``local`` too.
        own_files: Names of the further files that ``files`` may return.
    """

    name: ClassVar[str]
    attacks: ClassVar[tuple[str, ...]]
    modes: ClassVar[tuple[str, ...]] = ("direct",)
    defenses: ClassVar[tuple[str, ...]] = ("none",)
    models: ClassVar[tuple[str, ...]]
    bases: ClassVar[Mapping[str, tuple[type, ...]]] = {}
    sections: ClassVar[Mapping[str, type]]
    functions: ClassVar[Mapping[str, str]]
    data_kinds: ClassVar[tuple[str, ...]]
    logged: ClassVar[tuple[str, ...]]
    metrics: ClassVar[Mapping[str, Metric]]
    accuracy: ClassVar[tuple[str, ...]] = ()
    own_files: ClassVar[tuple[str, ...]] = ()

    def knows_mode(self, mode: str) -> bool:
        """Whether a usage mode makes sense here."""
        return mode in self.modes

    @abstractmethod
    def expand(self, plan: Plan, setting: Setting, seeds: Sequence[int]) -> None:
        """Add a setting's stages and cells; every cell has the roles ``dataset``, ``targets`` and ``measure``."""

    @abstractmethod
    def protocol(self, setting: Setting) -> dict[str, Any]:
        """Return what, beside data and options, must agree before two numbers may be compared."""

    def guess(self, stage: Stage) -> float | None:
        """Return about how many seconds a stage takes on one worker; None for what takes next to none."""
        return None

    def check(self, stages: Iterable[Stage], load: Callable[[str], Any]) -> None:
        """Refuse data that lack what a stage needs.

        Args:
            stages: Those that are left to run, the data's own done.
            load: Returns the result of a stage by its id.

        Raises:
            UserError: Saying what is missing.
        """
        return None

    @abstractmethod
    def summary(self, result_set: ResultSet, numbers: Numbers) -> Table:
        """Return header and rows of the table to look at first."""

    @abstractmethod
    def tables(self, result_set: ResultSet, numbers: Numbers) -> list[str]:
        """Return the leaderboard's tables as Markdown, each with its caption."""

    def attack_note(self, records: Iterable[Record]) -> str:
        """Return what else to say of an attack's records, after its options."""
        return ""

    reading: ClassVar[str]
    """How the summary is read, in a paragraph."""

    def files(self, result_set: ResultSet) -> dict[str, bytes]:
        """Return further files of the leaderboard by name, e.g. the numbers behind a figure."""
        return {}

    def figures(self, result_set: ResultSet) -> dict[str, bytes]:
        """Return pictures by file name."""
        return {}


registry: Registry[type[Scenario]] = Registry("scenario", __name__, "rbench.scenarios", "*/scenario.py")
register = registry.register


def get(name: str) -> Scenario:
    """Return the scenario called ``name``.

    Raises:
        UserError: If there is none.
    """
    return registry.get(name)()


def every() -> list[Scenario]:
    """Return all scenarios."""
    return [get(name) for name in registry.names()]


def sections() -> dict[str, type]:
    """Return the shared sections of all scenarios."""
    return {name: config for scenario in every() for name, config in scenario.sections.items()}


def function(kind: str) -> str:
    """Return the ``module:function`` that computes a kind of stage."""
    return by_kind()[kind].functions[kind]


def by_kind() -> dict[str, Scenario]:
    """Return, for each kind of stage, a scenario that has it."""
    return {kind: scenario for scenario in every() for kind in scenario.functions}


def data_kinds() -> set[str]:
    """Return the kinds of stages that prepare data, of all scenarios."""
    return {kind for scenario in every() for kind in scenario.data_kinds}
