"""Attacks and aggregators from a stage's parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....core.config import configure


def method(registry: Any, described: Mapping[str, Any] | None) -> Any:
    """Return the method that ``described`` names, with its options; None for none."""
    if described is None:
        return None
    cls = registry.get(described["name"])
    return cls(configure(cls.Config, described["config"], cls.name))
