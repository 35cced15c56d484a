"""Scans and defenses at serving that break their contracts are told so."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from rbench.core.detection import Verdict
from rbench.core.topk import TopK
from rbench.defenses import Deployed, Flagged, ReferenceModels, Scan, Serving
from rbench.defenses.serving.filter import Filter
from rbench.testing import ScanContract, ServingContract


@dataclass(frozen=True)
class NoOptions:
    """None."""


def named(base: type, cls: type) -> Any:
    cls.name = cls.__name__.lower()  # type: ignore[attr-defined]
    return type("Contract", (base,), {"defense": cls})()


class Most(Scan):
    """Compares the most shown item's share of the users with that of references."""

    Config, paper, inputs = NoOptions, "none", (ReferenceModels(3),)

    def scan(self, deployed: Deployed) -> Verdict:
        return Verdict(most(deployed.ranking), np.array([most(r.ranking) for r in deployed.given(ReferenceModels)]))


def most(ranking: TopK) -> float:
    return float(np.bincount(ranking.items[:, :10].ravel())[1:].max() / len(ranking.items))


class Reversed(Most):
    """Finds honest models suspect."""

    def scan(self, deployed: Deployed) -> Verdict:
        found = super().scan(deployed)
        return Verdict(-found.statistic, -found.null)


class Lonely(Most):
    """Has one reference."""

    def scan(self, deployed: Deployed) -> Verdict:
        return Verdict(1.0, np.zeros(1))


def test_a_scan_that_keeps_its_contract() -> None:
    fine = named(ScanContract, Most)
    fine.test_it_returns_a_verdict(True, True)
    fine.test_it_suspects_a_poisoned_model()
    fine.test_the_same_seed_gives_the_same_bytes()
    fine.test_its_inputs_are_left_alone()


def test_scans_that_break_it() -> None:
    with pytest.raises(AssertionError, match="higher statistics must be the more suspect"):
        named(ScanContract, Reversed).test_it_suspects_a_poisoned_model()
    with pytest.raises(AssertionError, match="the scan lonely returned a null that is not float64"):
        named(ScanContract, Lonely).test_it_returns_a_verdict(True, False)


class Twice(Filter):
    """Shows an item twice."""

    def serve(self, deployed: Deployed) -> tuple[TopK, dict[str, Any]]:
        served, log = super().serve(deployed)
        items = served.items.copy()
        items[:, 1] = items[:, 0]
        return replace(served, items=items), log


class Forgetful(Filter):
    """Leaves held-out items at their old places."""

    def serve(self, deployed: Deployed) -> tuple[TopK, dict[str, Any]]:
        served, log = super().serve(deployed)
        return replace(served, held_out_rank=deployed.ranking.held_out_rank), log


class Shorter(Filter):
    """Cuts lists."""

    def serve(self, deployed: Deployed) -> tuple[TopK, dict[str, Any]]:
        served, log = super().serve(deployed)
        return replace(served, items=served.items[:, :10]), log


class Idle(Serving):
    """Changes nothing."""

    Config, paper, inputs = NoOptions, "none", (Flagged(),)

    def serve(self, deployed: Deployed) -> tuple[TopK, dict[str, Any]]:
        return deployed.ranking, {}


@pytest.mark.parametrize(
    ("cls", "message"),
    [(Twice, "stands twice in a list"), (Forgetful, "held_out_rank is"), (Shorter, "lists of shape")],
)
def test_lists_that_are_no_ranking(cls: type, message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        named(ServingContract, cls).test_what_it_returns_is_a_ranking(True)


def test_a_defense_that_changes_nothing() -> None:
    idle = named(ServingContract, Idle)
    idle.test_what_it_returns_is_a_ranking(True)
    with pytest.raises(AssertionError, match=r"HIT@10 of the targets falls from .* and 5 points are needed"):
        idle.test_it_shows_fewer_targets()
