"""Attacks and aggregators from a stage's parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from .... import attacks, defenses
from ....attacks import FederatedAttack
from ....core.methods import remake
from ....core.registry import Registry
from ....defenses import Aggregator

M = TypeVar("M")


def attack(described: Mapping[str, Any] | None) -> FederatedAttack | None:
    """Return the attack that ``described`` names, with its options; None for none."""
    return _method(attacks.registry, described, FederatedAttack)


def aggregator(described: Mapping[str, Any] | None) -> Aggregator | None:
    """Return the aggregator that ``described`` names, with its options; None for none."""
    return _method(defenses.registry, described, Aggregator)


def _method(registry: Registry[Any], described: Mapping[str, Any] | None, base: type[M]) -> M | None:
    return None if described is None else remake(registry, described["name"], described["config"], base)
