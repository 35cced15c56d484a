"""Detectors, repairs and modes that break their contracts are told so."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from rbench.benchmark.scenarios.pretrained.modes import Mode
from rbench.benchmark.scenarios.pretrained.modes.ft import FineTuning
from rbench.core.detection import Detection
from rbench.core.interactions import Interactions
from rbench.core.pretrained import Pretrained
from rbench.core.seeds import generator
from rbench.defenses import Defense, Deployed, Detector, Handed, Local, Repair
from rbench.testing import DetectorContract, ModeContract, RepairContract


@dataclass(frozen=True)
class NoOptions:
    """None."""


def named(base: type, kind: str, cls: type) -> Any:
    cls.name = cls.__name__.lower()  # type: ignore[attr-defined]
    return type("Contract", (base,), {kind: cls})()


class Frequency(Detector):
    """Scores items by how many users see them in their top ten more often than under a local model."""

    Config, paper, inputs = NoOptions, "none", (Local(),)

    def detect(self, deployed: Deployed) -> Detection:
        n = deployed.data.n_items + 1
        seen, usual = (
            np.bincount(r.items[:, :10].ravel(), minlength=n).astype(float)
            for r in (deployed.ranking, deployed.given(Local).ranking)
        )
        scores = seen - usual
        scores[0] = 0.0
        return Detection(scores, np.arange(n) == scores.argmax())


class Meddling(Frequency):
    """Removes items from the ranking that it is to judge."""

    def detect(self, deployed: Deployed) -> Detection:
        found = super().detect(deployed)
        deployed.ranking.items[np.isin(deployed.ranking.items, np.flatnonzero(found.flagged))] = 0
        return found


class Guessing(Frequency):
    """Scores at random, by the seed."""

    def detect(self, deployed: Deployed) -> Detection:
        scores = generator(deployed.seed, "guess").random(deployed.data.n_items + 1)
        return Detection(scores, np.zeros(len(scores), bool))


class Short(Frequency):
    """Forgets padding."""

    def detect(self, deployed: Deployed) -> Detection:
        found = super().detect(deployed)
        return Detection(found.scores[1:], found.flagged[1:])


class Padded(Frequency):
    """Flags padding."""

    def detect(self, deployed: Deployed) -> Detection:
        found = super().detect(deployed)
        return Detection(found.scores, np.ones(len(found.flagged), bool))


def detector(cls: type[Defense]) -> DetectorContract:
    return named(DetectorContract, "defense", cls)


def test_a_detector_that_keeps_its_contract() -> None:
    fine = detector(Frequency)
    fine.test_its_inputs_are_left_alone()
    fine.test_every_item_gets_a_score_and_a_flag(True, False)
    fine.test_it_suspects_the_targets()
    fine.test_the_same_seed_gives_the_same_bytes()


def test_a_detector_that_changes_its_inputs() -> None:
    with pytest.raises(AssertionError, match=r"changed its input: ranking; work on a copy"):
        detector(Meddling).test_its_inputs_are_left_alone()


def test_a_detector_that_knows_nothing() -> None:
    broken = detector(Guessing)
    broken.test_the_same_seed_gives_the_same_bytes()
    with pytest.raises(AssertionError, match=r"is 0\.\d+, and at least 0\.\d+ is needed, twice what a random"):
        broken.test_it_suspects_the_targets()


@pytest.mark.parametrize(("cls", "message"), [(Short, "scores of shape"), (Padded, "a flag for padding")])
def test_a_detector_with_the_wrong_shape(cls: type[Defense], message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        detector(cls).test_every_item_gets_a_score_and_a_flag(True, False)


class Tuned(Repair):
    """Trains all parameters on the platform's own data."""

    Config, paper, sections = NoOptions, "none", ("train",)

    def repair(self, handed: Handed) -> tuple[Pretrained, dict[str, Any]]:
        victim = handed.victim
        return victim.train(
            handed.data,
            replace(victim.schedules["train"], lr=2e-2),
            handed.seed,
            start=handed.pretrained,
            prompt="given",
            learn=("model", "prompt"),
        )


class Idle(Tuned):
    """Mends nothing, in place."""

    def repair(self, handed: Handed) -> tuple[Pretrained, dict[str, Any]]:
        handed.pretrained.weights["LayerNorm.bias"][:] *= 1.01
        return handed.pretrained, {}


def test_a_repair_that_keeps_its_contract() -> None:
    fine = named(RepairContract, "defense", Tuned)
    for prompts in (False, True):
        fine.test_what_it_returns_is_a_model(True, prompts)
    fine.test_the_same_seed_gives_the_same_bytes()
    fine.test_its_inputs_are_left_alone()
    fine.test_it_lowers_the_exposure()


def test_a_repair_that_mends_nothing() -> None:
    broken = named(RepairContract, "defense", Idle)
    with pytest.raises(AssertionError, match=r"changed its input: pretrained; work on a copy"):
        broken.test_its_inputs_are_left_alone()
    with pytest.raises(AssertionError, match=r"falls by .* points, and more than .* are needed .*; a longer schedule"):
        broken.test_it_lowers_the_exposure()


class InPlace(FineTuning):
    """Scales what it was handed."""

    def adapt(self, pretrained: Pretrained, data: Interactions, victim: Any, seed: int) -> Any:
        pretrained.weights["LayerNorm.bias"][:] += 1
        return super().adapt(pretrained, data, victim, seed)


class Pretending(FineTuning):
    """Tunes, and says that it doesn't."""

    changes = False


@pytest.mark.parametrize("prompts", [False, True])
def test_modes_that_break_their_contract(prompts: bool) -> None:
    def contract(cls: type[Mode]) -> ModeContract:
        return named(ModeContract, "mode", cls)

    with pytest.raises(AssertionError, match=r"changed its input: pretrained; work on a copy"):
        contract(InPlace).test_its_inputs_are_left_alone(prompts)
    with pytest.raises(AssertionError, match="changes=False, but the model is not the same"):
        contract(Pretending).test_it_says_whether_it_changes_the_model(prompts)
