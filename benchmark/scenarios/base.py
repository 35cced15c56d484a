"""What a scenario is: who attacks whom, hence which stages a cell passes, which metrics it has, how its tables look."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ...core.artifacts import ArtifactType
from ...core.records.record import Record
from ...core.registry import Registry
from ..stages.graph import Plan
from ..stages.kind import StageKind
from ..stages.setting import Setting
from ..stages.stage import Stage
from ..tables.metric import Metric
from ..tables.scale import Scale
from .tuning import Tuning

if TYPE_CHECKING:
    from ..tables.number import Numbers
    from ..tables.pictures.picture import Picture
    from ..tables.result_sets import ResultSet
    from ..tables.table import Table

_LENGTH = re.compile(r"@\d+")


class Scenario(ABC):
    """One threat model with all that is measured in it.

    Attacks, defenses and models name theirs in their attribute ``scenario``; the harness asks it for the rest.

    Attributes:
        attacks: Taken where the user names none.
        modes: Taken where the user names none.
        defenses: Taken where the user names none.
        models: Taken where the user names none.
        bases: Kind of method (attack, defense, model) to the classes of which it must derive from one.
        sections: Sections of options that belong to no method, and their configurations.
        stages: The kinds of stages that it declares.
        artifacts: Types of results of its own, beside those of ``core.artifacts``.
        chains: Whether defenses may act one after the other.
        registries: Kinds of methods of its own, by the plural that ``rbench list`` takes.
        libraries: Packages that compute numbers here alone; records name their versions beside those of all scenarios.
        logged: Roles of the stages whose logs stand in a record, unless they are empty; ``repair`` stands for
            ``repair 2`` too.
        metrics: Every metric, in the order in which they are printed.
        accuracy: Those that are compared with ``local`` too.
        own_files: Names of all files that ``series`` (``NAME.csv``), ``figures`` and ``pictures`` (``NAME.svg``,
            ``NAME.pdf``) may give.
        claims: A TOML file of published claims about it, or None.
        tuning: The search of ``rbench tune``, or None.
    """

    name: ClassVar[str]
    attacks: ClassVar[tuple[str, ...]] = ()
    modes: ClassVar[tuple[str, ...]] = ("direct",)
    defenses: ClassVar[tuple[str, ...]] = ("none",)
    models: ClassVar[tuple[str, ...]] = ()
    bases: ClassVar[Mapping[str, tuple[type, ...]]] = {}
    sections: ClassVar[Mapping[str, type]] = {}
    stages: ClassVar[tuple[StageKind, ...]]
    artifacts: ClassVar[tuple[ArtifactType, ...]] = ()
    chains: ClassVar[bool] = False
    registries: ClassVar[Mapping[str, Registry[Any]]] = {}
    libraries: ClassVar[tuple[str, ...]] = ()
    logged: ClassVar[tuple[str, ...]] = ()
    metrics: ClassVar[Mapping[str, Metric]]
    accuracy: ClassVar[tuple[str, ...]] = ()
    own_files: ClassVar[tuple[str, ...]] = ()
    claims: ClassVar[Path | None] = None
    tuning: ClassVar[type[Tuning] | None] = None

    def scale(self, metric: str) -> Scale:
        """Return a metric's scale; of one that ``metrics`` lacks, that of its like with another length after ``@``."""
        alike = (m.scale for name, m in self.metrics.items() if _LENGTH.sub("@", name) == _LENGTH.sub("@", metric))
        return self.metrics[metric].scale if metric in self.metrics else next(alike, Scale.PLAIN)

    def known_modes(self) -> Sequence[str]:
        """Return the usage modes that make sense here."""
        return self.modes

    def check_settings(self, settings: Sequence[Setting]) -> None:
        """Check that the methods of a grid go together, before it is planned.

        Args:
            settings: All of the grid that are in this scenario.

        Raises:
            UserError: Saying which do not, and what to write instead.
        """
        return None

    @abstractmethod
    def expand(self, plan: Plan, setting: Setting, seeds: Sequence[int]) -> None:
        """Add a setting's stages and cells.

        Every cell has the roles ``dataset``, ``targets`` (whose log has ``targets``: a list of ``item``, a raw id,
        and ``popularity``) and ``measure``, whose result is a dict: ``metrics`` and ``chance``, audience to metric
        to value, and ``user_tests``.
        """

    @abstractmethod
    def protocol(self, setting: Setting) -> dict[str, Any]:
        """Return what, beside data and options, must agree before two numbers may be compared.

        Under ``scenario`` stands the scenario's name.
        """

    def check(self, stages: Iterable[Stage], load: Callable[[str], Any], sources: Mapping[str, str]) -> None:
        """Check that the data have what the stages need.

        Args:
            stages: Those of the scenario's that are left to run, the data's own done.
            load: Returns the result of a stage by its id.
            sources: Where stages read files, by their ids.

        Raises:
            UserError: Saying what is missing.
        """
        return None

    @abstractmethod
    def summary(self, result_set: ResultSet, numbers: Numbers) -> Table:
        """Return the table to look at first, called ``summary``; its caption says how it is read."""

    @abstractmethod
    def tables(self, result_set: ResultSet, numbers: Numbers) -> list[Table]:
        """Return the leaderboard's other tables, each with its caption."""

    def attack_note(self, records: Iterable[Record]) -> str:
        """Return what else to say of an attack's records, after its options."""
        return ""

    def series(self, result_set: ResultSet) -> list[Table]:
        """Return tables that are written as CSV files of their own, e.g. the numbers behind a figure."""
        return []

    def figures(self, result_set: ResultSet) -> dict[str, bytes]:
        """Return pictures that the scenario draws itself, by file name."""
        return {}

    def pictures(self, result_set: ResultSet) -> list[Picture]:
        """Return pictures as data, the one to look at first before the others."""
        return []
