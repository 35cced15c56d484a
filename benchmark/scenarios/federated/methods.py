"""Attacks and aggregators from a stage's parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .... import attacks, defenses
from ....attacks import FederatedAttack
from ....core.methods import make
from ....core.registry import Registry
from ....defenses import Aggregator


def attack(described: Mapping[str, Any] | None) -> FederatedAttack[Any] | None:
    """Return the attack that ``described`` names, with its options; None for none."""
    made: FederatedAttack[Any] | None = _method(attacks.registry, described, FederatedAttack)
    return made


def aggregator(described: Mapping[str, Any] | None) -> Aggregator[Any] | None:
    """Return the aggregator that ``described`` names, with its options; None for none."""
    made: Aggregator[Any] | None = _method(defenses.registry, described, Aggregator)
    return made


def _method(registry: Registry[Any], described: Mapping[str, Any] | None, base: type) -> Any:
    return None if described is None else make(registry, described["name"], described["config"], base)
