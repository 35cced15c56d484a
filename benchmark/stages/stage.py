"""A stage of the graph: a pure function's name, parameters, seed and parents, and the id they make."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class Stage:
    """One step whose result is stored under an id made of everything that determines it.

    Attributes:
        kind: What it does, e.g. ``pretrain``; ``scenario/name`` where the scenario comes from outside.
        name: Which method does it, e.g. ``bra``.
        version: The method's hand-bumped version, and the digest of the plug-in file that it comes from, if it does.
        params: JSON-able parameters that change the result; none that doesn't.
        seed: Derived seed, or None where nothing is drawn.
        parents: Role to id of the stages it reads.
        engine: Version of the code that trains and ranks for all methods. The first is no part of the id.
        scenario: Name of the scenario that declares the kind; no part of the id, which the kind tells apart.
        ancestors: Role to id of further stages that it reads. Each is an ancestor of a parent, so that the parents'
            ids stand for theirs, and they are no part of the id.
        context: JSON-able facts that the parents' ids decide, e.g. the usage mode; no part of the id either.
    """

    kind: str
    name: str
    version: int | str
    params: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    parents: Mapping[str, str] = field(default_factory=dict)
    engine: int = 1
    scenario: str = field(default="", compare=False)
    ancestors: Mapping[str, str] = field(default_factory=dict, compare=False)
    context: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @cached_property
    def id(self) -> str:
        """``kind-name-`` and 20 hex digits of the sha256 of :meth:`canonical`."""
        return f"{self.kind.replace('/', '.')}-{_slug(self.name)}-{hashlib.sha256(self.canonical()).hexdigest()[:20]}"

    @property
    def reads(self) -> dict[str, str]:
        """Role to id of all stages that it reads, parents and ancestors."""
        return {**self.parents, **self.ancestors}

    def canonical(self) -> bytes:
        """Return the canonical JSON, of all attributes before the scenario, that is hashed."""
        shown = {name: getattr(self, name) for name in _ATTRIBUTES}
        if self.engine == 1:
            del shown["engine"]
        return _CANONICAL.encode(shown).encode()


_ATTRIBUTES = [attribute.name for attribute in fields(Stage) if attribute.compare]
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:32] or "unnamed"
