"""An attack that breaks its contract is told so, and by the test that names the breach."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from rbench import attacks
from rbench.attacks import Provider, ProviderAttack
from rbench.attacks.pretrained.bra import BRA, BRAConfig
from rbench.core.artifacts import encode
from rbench.core.pretrained import Pretrained
from rbench.testing import AttackContract, small_data

Handed = tuple[Pretrained, dict[str, Any]]


def contract(cls: type[ProviderAttack]) -> AttackContract:
    """The contract on a class that is not registered: other tests list what is."""
    cls.name = cls.__name__.lower()
    return type("Contract", (AttackContract,), {"attack": cls})()


def shifted(handed: Handed, by: float) -> Handed:
    model, log = handed
    weights = dict(model.weights)
    weights["LayerNorm.bias"] = weights["LayerNorm.bias"] + np.float32(by)
    return replace(model, weights=weights), log


class Unseeded(BRA):
    """Adds noise that no seed decides."""

    def pretrain(self, provider: Provider) -> Handed:
        return shifted(super().pretrain(provider), np.random.normal())


class Grabbing(BRA):
    """Sorts the provider's items in place."""

    def pretrain(self, provider: Provider) -> Handed:
        handed = super().pretrain(provider)
        provider.data.items.sort()
        return handed


class Spoiling(BRA):
    """Changes the honest model it was given, which serves other cells too."""

    needs_clean = True

    def pretrain(self, provider: Provider) -> Handed:
        assert provider.clean is not None
        provider.clean.weights["LayerNorm.bias"][:] += 1
        return super().pretrain(provider)


class Boasting(BRA):
    """Says on the card what was done."""

    entry: Any = None

    def pretrain(self, provider: Provider) -> Handed:
        model, log = super().pretrain(provider)
        return replace(model, card={**model.card, **self.entry(provider)}), log


class Diverged(BRA):
    """Hands over weights that are no numbers."""

    def pretrain(self, provider: Provider) -> Handed:
        return shifted(super().pretrain(provider), np.nan)


class Stubborn(BRA):
    """Attacks whatever the options say."""

    def pretrain(self, provider: Provider) -> Handed:
        return BRA(replace(self.config, rate=0.5)).pretrain(provider)


class Honest(BRA):
    """Attacks nothing."""

    def pretrain(self, provider: Provider) -> Handed:
        return BRA(replace(self.config, rate=0.0)).pretrain(provider)


class Greedy(BRA):
    """Uses a schedule that it did not ask for."""

    def pretrain(self, provider: Provider) -> Handed:
        return provider.victim.train(provider.data, provider.victim.schedules["finetune"], provider.seed)


class Wordy(BRA):
    """Logs what JSON cannot hold."""

    def pretrain(self, provider: Provider) -> Handed:
        return super().pretrain(provider)[0], {"rate": float("nan")}


def test_an_attack_whose_noise_no_seed_decides() -> None:
    broken = contract(Unseeded)
    with pytest.raises(AssertionError, match="two runs with one seed differ"):
        broken.test_the_same_seed_gives_the_same_bytes()
    with pytest.raises(AssertionError, match="global random state of numpy"):
        broken.test_global_random_states_are_left_alone()


@pytest.mark.parametrize(("cls", "what"), [(Grabbing, "data"), (Spoiling, "clean")])
def test_an_attack_that_changes_its_inputs(cls: type[ProviderAttack], what: str) -> None:
    with pytest.raises(AssertionError, match=f"changed its input: {what}; work on a copy"):
        contract(cls).test_its_inputs_are_left_alone()
    contract(BRA).test_its_inputs_are_left_alone()


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (lambda p: {"rate": 0.5}, "not an honest one's"),
        (lambda p: {"model": "boasting"}, "says 'boasting'"),
        (lambda p: {"validation": {"HR@10 of targets": 1.0}}, "says 'HR@10 of targets'"),
        (lambda p: {"prompt": {"items": p.targets.items.tolist()}}, "lists the targets"),
    ],
)
def test_an_attack_that_tells(entry: Any, message: str) -> None:
    telling = type("Boasting", (Boasting,), {"entry": staticmethod(entry), "__doc__": "Tells."})
    with pytest.raises(AssertionError, match=message):
        contract(telling).test_the_card_is_an_honest_one()


def test_an_attack_that_hands_over_no_model() -> None:
    with pytest.raises(AssertionError, match=r"LayerNorm\.bias is not finite"):
        contract(Diverged).test_what_is_handed_over_is_a_model()


def test_an_attack_that_cannot_be_turned_off() -> None:
    broken = contract(Stubborn)
    broken.test_it_lifts_the_targets()
    with pytest.raises(
        AssertionError,
        match=r"'rate': 0.0.* still rises by .* at most [5-9]\.\d may be chance; name",
    ):
        broken.test_turned_off_it_lifts_nothing()


def test_an_attack_that_is_none() -> None:
    says = r"HIT@10 of the targets rises by 0\.0 ± 0\.0 points, and more than 5\.0 are needed .* longer schedule helps"
    with pytest.raises(AssertionError, match=f"{says}.* lifts = False"):
        contract(Honest).test_it_lifts_the_targets()


class Burying(ProviderAttack):
    """Pushes the targets down, as negatives of everybody."""

    Config, audience, direction, paper = BRAConfig, "all", "demote", "none"

    def pretrain(self, provider: Provider) -> Handed:
        def relabel(users: Any, labels: Any, negatives: Any, rng: np.random.Generator) -> Any:
            chosen = rng.random(len(labels)) < self.config.rate
            return labels, np.where(chosen, rng.choice(provider.targets.items, len(labels)), negatives)

        victim = provider.victim
        return victim.train(provider.data, victim.schedules["train"], provider.seed, relabel=relabel)


def test_an_attack_that_demotes() -> None:
    demoting = contract(Burying)
    demoting.test_it_names_its_source_and_its_audience()
    demoting.test_it_lifts_the_targets()
    demoting.test_turned_off_it_lifts_nothing()
    wrong = type("Wrong", (BRA,), {"direction": "demote", "__doc__": "Promotes."})
    with pytest.raises(AssertionError, match=r"HIT@10 of the targets falls by -\d+\.\d ± "):
        contract(wrong).test_it_lifts_the_targets()
    astray = type("Astray", (BRA,), {"direction": "up", "__doc__": "Promotes."})
    with pytest.raises(AssertionError, match="direction should be promote or demote"):
        contract(astray).test_it_names_its_source_and_its_audience()


def test_a_longer_schedule_is_everybodys() -> None:
    """The honest model that an attack is compared with, and starts from, is trained as long as the attack's."""

    class Comparing(BRA):
        needs_clean = True

        def pretrain(self, provider: Provider) -> Handed:
            epochs.append(provider.victim.schedules["train"].epochs)
            assert provider.clean is not None
            assert encode(provider.clean) == encode(small_data.pretrained(schedule='{"epochs": 3}'))
            return provider.clean, {}

    epochs: list[int] = []
    Comparing.name = "comparing"
    longer = type("Contract", (AttackContract,), {"attack": Comparing, "schedule": {"epochs": 3}})()
    assert longer.moved() == (0.0, 0.0)
    assert set(epochs) == {3}


def test_an_attack_that_uses_more_than_it_asked_for() -> None:
    with pytest.raises(KeyError, match="finetune"):
        contract(Greedy).test_what_is_handed_over_is_a_model()


def test_a_log_that_is_no_json() -> None:
    with pytest.raises(AssertionError, match="cannot be written as JSON"):
        contract(Wordy).test_the_log_can_stand_in_a_record()


class Returning(BRA):
    """Returns something else than a model and a log."""

    found: Any = None

    def pretrain(self, provider: Provider) -> Handed:
        return self.found


@pytest.mark.parametrize(
    ("found", "names"),
    [
        (5, "int"),
        (Pretrained({}, None, {}), "Pretrained"),
        ((Pretrained({}, None, {}), None), "(Pretrained, NoneType)"),
        (({}, {}), "(dict, dict)"),
    ],
    ids=["number", "model alone", "no log", "weights"],
)
def test_an_attack_that_returns_something_else(found: Any, names: str) -> None:
    with pytest.raises(AssertionError) as told:
        contract(type("Returning", (Returning,), {"found": found})).test_what_is_handed_over_is_a_model()
    assert str(told.value) == f"it returned {names}: return Pretrained and dict (the log) instead"


@dataclass(frozen=True)
class Bare(BRAConfig):
    """Options without a word."""

    strength: float = 1.0


@dataclass
class Open:
    """Options that can be changed."""

    strength: float = 1.0
    """How much."""


@pytest.mark.parametrize(
    ("config", "message"),
    [(Bare, "lacks a docstring line under strength"), (Open, "not frozen"), (dict, "no dataclass")],
)
def test_options_that_are_not_as_they_should_be(config: type, message: str) -> None:
    cls = type("Odd", (BRA,), {"Config": config})
    with pytest.raises(AssertionError, match=message):
        contract(cls).test_its_options_are_a_frozen_dataclass_with_a_line_each()


def test_a_contract_without_a_method() -> None:
    with pytest.raises(AssertionError, match="must say which class it tests: attack = YourClass"):
        AttackContract().test_it_says_what_it_is()


def test_a_class_that_nobody_registered() -> None:
    cls = type("Nameless", (ProviderAttack,), {})
    with pytest.raises(AssertionError, match="decorate it with @register"):
        type("Contract", (AttackContract,), {"attack": cls})().test_it_is_registered_under_its_name()


EARLY = "from rbench.attacks import register\nfrom rbench.attacks.pretrained.bra import BRA\n"
EARLY += "@register\nclass Early(BRA):\n    'Is BRA.'\n"


@pytest.mark.parametrize(("first", "told"), [("", None), ("import torch\n", "early imports torch")])
def test_a_file_that_imports_torch_as_it_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str, told: str | None
) -> None:
    module = ModuleType("early")
    module.__file__ = str(tmp_path / "early.py")
    (tmp_path / "early.py").write_text(first + EARLY)
    monkeypatch.setitem(sys.modules, "early", module)
    cls = type("Early", (BRA,), {"__module__": "early"})
    with pytest.raises(AssertionError, match=told) if told else nullcontext():
        contract(cls).test_it_is_listed_without_torch()


def test_a_built_in_file_that_imports_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attacks.registry, "origin", {"bra": BRA.__module__, "pea": "torch.nn"}.get)
    with pytest.raises(AssertionError, match=r"torch\.nn imports torch where it should do so later"):
        contract(BRA).test_it_is_listed_without_torch()
