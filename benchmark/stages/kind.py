"""A kind of stage, as a scenario declares it: what computes it, and what comes of it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...core.errors import UserError
from ...core.registry import digest
from .inputs import StageInputs
from .stage import Stage

Compute = Callable[[StageInputs], tuple[Any, dict[str, Any]]]


@dataclass(frozen=True)
class StageKind:
    """One kind of stage.

    Attributes:
        scenario: Name of the scenario that it belongs to; empty for those of the harness itself.
        name: What it is called there, e.g. ``rank``; two scenarios may both have a kind of that name.
        compute: A function, or ``package.module:function``, which is imported only where it is called. It takes
            :class:`StageInputs` and returns the result and a log (JSON-able) for records.
        result: Type of the result; one of ``core.artifacts``, or one for which the scenario brings an artifact type.
        version: Raised by hand whenever the same parameters give other results, for kinds that no method owns.
        engine: Version of the code that trains or ranks for all methods, for kinds that use it.
        prepares_data: Whether it is made before all others, in the main process and without torch.
        seconds: About how long it takes on one processor, or a function of the stage; None for next to nothing.
        bare: Whether ids contain the name without the scenario's. Only rbench's own kinds do, whose ids are older
            than scenarios from outside.
    """

    scenario: str
    name: str
    compute: str | Compute
    result: type
    version: int = 1
    engine: int = 1
    prepares_data: bool = False
    seconds: float | Callable[[Stage], float] | None = None
    bare: bool = False

    @property
    def id(self) -> str:
        """What stages of this kind have as ``kind``, unique among all scenarios: ``scenario/name``."""
        return self.name if self.bare else f"{self.scenario}/{self.name}"

    def stage(
        self,
        name: str,
        params: Mapping[str, Any] | None = None,
        seed: int | None = None,
        parents: Mapping[str, str] | None = None,
        version: int | str | None = None,
        ancestors: Mapping[str, str] | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> Stage:
        """Return a stage of this kind; see :class:`Stage` for what the arguments mean.

        ``version`` is the method's, where a method owns the result, or else the kind's. The digest of a plug-in file
        that computes the kind is added.
        """
        version = self.version if version is None else version
        module = self.compute.partition(":")[0] if isinstance(self.compute, str) else self.compute.__module__
        if (file := digest(module)) and file not in str(version):
            version = f"{version}+{file}"
        # Copies, so that a caller who goes on filling its dictionaries does not change a stage that is planned.
        own = (dict(params or {}), seed, dict(parents or {}), self.engine)
        return Stage(self.id, name, version, *own, self.scenario, dict(ancestors or {}), dict(context or {}))

    def guess(self, stage: Stage) -> float | None:
        """Return about how many seconds a stage of this kind takes, or None for next to nothing."""
        return self.seconds(stage) if callable(self.seconds) else self.seconds

    def function(self) -> Compute:
        """Return the function that computes it, imported if need be.

        Raises:
            UserError: If there is none of that name.
        """
        if not isinstance(self.compute, str):
            return self.compute
        module, _, name = self.compute.partition(":")
        try:
            found: Compute = getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError, ValueError) as error:
            raise UserError(f"the stage kind {self.id!r} is computed by {self.compute!r}: {error}.") from error
        return found
