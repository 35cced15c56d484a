"""Scenarios by name, and the kinds of stages that they declare."""

from __future__ import annotations

import functools

from ...core.errors import UserError, unknown
from ...core.registry import Registry
from ..stages.codecs import Codecs
from ..stages.graph import Plan
from ..stages.kind import StageKind
from ..stages.stage import Stage
from .base import Scenario
from .dataset import DATASET

__all__ = ["Scenario", "codecs", "data_stages", "every", "get", "kind", "register", "registry", "sections"]

registry: Registry[type[Scenario]] = Registry("scenario", __name__, "rbench.scenarios", "*/scenario.py", Scenario)
register = registry.register


def get(name: str) -> Scenario:
    """Return the scenario called ``name``.

    Raises:
        UserError: If there is none, or its stages or artifact types are not declared as they should be.
    """
    known = registry.names()
    if name not in known and not registry.failures:
        raise unknown("scenario", name, known, "A scenario of a plug-in file needs --plugin FILE.")
    return _made(registry.get(name))


def every() -> list[Scenario]:
    """Return all scenarios but those that cannot be used, whose reasons are then in ``registry.failures``."""
    found = []
    for name, cls in registry.usable().items():
        try:
            found.append(_made(cls))
        except UserError as error:
            registry.failures[name] = f"cannot be used: {error}"
    return found


def sections() -> dict[str, type]:
    """Return the sections of options that belong to no method, of all scenarios."""
    return {name: config for scenario in every() for name, config in scenario.sections.items()}


def kind(stage: Stage) -> StageKind:
    """Return the kind of a planned stage.

    Raises:
        UserError: If its scenario is not there, or has no such kind.
    """
    kinds = {kind.id: kind for kind in (get(stage.scenario).stages if stage.scenario else (DATASET,))}
    if stage.kind not in kinds:
        of = f"scenario {stage.scenario!r}" if stage.scenario else "the harness itself"
        raise UserError(f"{of} has no stage kind {stage.kind!r}; it has {', '.join(kinds)}.")
    return kinds[stage.kind]


def data_stages(plan: Plan) -> list[Stage]:
    """Return the stages of a plan that prepare data, parents before children."""
    kinds = {(stage.scenario, stage.kind): stage for stage in plan.stages.values()}
    data = {place for place, stage in kinds.items() if kind(stage).prepares_data}
    return [stage for stage in plan.stages.values() if (stage.scenario, stage.kind) in data]


def codecs(stage: Stage) -> Codecs:
    """Return what results of a planned stage, and of its parents, are written and read with."""
    return _codecs(type(get(stage.scenario))) if stage.scenario else Codecs()


@functools.cache
def _made(cls: type[Scenario]) -> Scenario:
    scenario = cls()
    _codecs(cls)
    names = [declared.name for declared in scenario.stages]
    for declared in scenario.stages:
        problem = ""
        if declared.scenario != cls.name:
            problem = f"is declared for the scenario {declared.scenario!r}"
        elif names.count(declared.name) > 1:
            problem = "is declared twice"
        elif declared.bare and not cls.__module__.startswith(f"{__name__}."):
            problem = "is bare, which only rbench's own kinds may be"
        if problem:
            raise UserError(f"scenario {cls.name!r}: its stage kind {declared.name!r} {problem}.")
    return scenario


@functools.cache
def _codecs(cls: type[Scenario]) -> Codecs:
    return Codecs(cls.artifacts)
