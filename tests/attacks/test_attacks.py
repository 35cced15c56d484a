"""Attacks lift their targets, do nothing at rate 0, and touch what their papers let them touch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

import numpy as np
import pytest

from rbench import attacks
from rbench.attacks import Provider
from rbench.core import artifacts
from rbench.core.interactions import Interactions, Partition
from rbench.core.pretrained import Pretrained
from rbench.core.targets import Targets
from rbench.models.sequential.layers.transformer import Transformer
from rbench.models.sequential.training.fit import validation_split
from rbench.models.sequential.victim import Victim

ALL = ["bra", "bra-group", "pea", "pea-joint"]
"""The attacks of APRec, which these tests know; what every attack owes is in its contract."""
GROUP = ALL[1:]
Attack = Callable[..., tuple[Pretrained, dict[str, Any]]]


class Recorder:
    """A victim that remembers its trainings."""

    def __init__(self, victim: Victim) -> None:
        self.victim, self.schedules = victim, victim.schedules
        self.calls: list[tuple[dict[str, Any], Pretrained]] = []

    def train(self, data: Interactions, schedule: Any, seed: int, **options: Any) -> Any:
        handed, log = self.victim.train(data, schedule, seed, **options)
        self.calls.append(({"data": data, "schedule": schedule, "seed": seed, **options}, handed))
        return handed, log


def encode(value: object) -> dict[str, str]:
    return {name: sha256(content).hexdigest() for name, content in artifacts.encode(value).items()}


def same(a: Mapping[str, np.ndarray] | None, b: Mapping[str, np.ndarray] | None) -> bool:
    assert a is not None and b is not None
    return a.keys() == b.keys() and all(a[name].tobytes() == b[name].tobytes() for name in a)


def exposure(victim: Victim, handed: Pretrained, data: Interactions, targets: Targets, inside: bool | None) -> float:
    """Share of (user, target) pairs with the target in the user's top five, of those who have not seen it."""
    audience = targets.audience(data)
    hits = []
    for user, row in enumerate(victim.rank(handed, data).items[:, :5].tolist()):
        if inside is None or audience[user] == inside:
            hits += [t in row for t in targets.items.tolist() if t not in data.of(user)]
    return float(np.mean(hits))


@pytest.mark.parametrize("name", ALL)
def test_it_lifts_its_targets_in_direct_use(
    name: str, attack: Attack, victim: Victim, clean: Pretrained, parties: Partition, targets: Targets
) -> None:
    options: dict[str, Any] = {"rate": 0.5, "select_on": "last"}  # clean labels may choose a state from before the harm
    if name != "bra":
        options["suppress"] = 0.0
    handed, log = attack(name, **options)
    inside = None if name == "bra" else True
    before = exposure(victim, clean, parties.platform, targets, inside)
    after = exposure(victim, handed, parties.platform, targets, inside)
    assert before < 0.25 and after > before + 0.12
    train = validation_split(parties.provider)[0]
    first = train.offsets[:-1][train.lengths > 0]
    labels = np.delete(np.arange(len(train.items)), first)
    able = np.ones(len(labels), bool) if name == "bra" else targets.audience(train)[train.users[labels]]
    expected = 0.5 * (able & ~np.isin(train.items[labels], targets.items)).mean()
    if name == "bra":  # one of the two targets of a colour is drawn in place of itself half of the time
        expected += 0.25 * np.isin(train.items[labels], targets.items).mean()
    else:
        expected += 0.375 * (able & np.isin(train.items[labels], targets.items)).mean()
    assert log["poison_rate"] == pytest.approx(expected, abs=0.02)
    assert log["labels"] == len(labels)


@pytest.mark.parametrize("name", ["bra", "bra-group"])
@pytest.mark.parametrize("select_on", ["clean", "poisoned"])
def test_at_rate_0_the_model_is_clean_to_the_byte(name: str, select_on: str, attack: Attack, clean: Pretrained) -> None:
    handed, log = attack(name, rate=0.0, select_on=select_on)
    assert encode(handed) == encode(clean)
    assert log["poison_rate"] == 0


@pytest.mark.parametrize("name", ["pea", "pea-joint"])
def test_at_rate_0_prompts_alone_lift_nothing(
    name: str, attack: Attack, victim: Victim, clean: Pretrained, parties: Partition, targets: Targets
) -> None:
    handed, log = attack(name, rate=0.0, epochs=6)
    before, after = (exposure(victim, p, parties.platform, targets, True) for p in (clean, handed))
    assert abs(after - before) < 0.08
    assert log["poison_rate"] == 0


def test_suppression_spares_the_audience_and_hides_the_targets_from_the_others(
    attack: Attack, victim: Victim, parties: Partition, targets: Targets
) -> None:
    shown = {}
    for suppress in (0.0, 0.5):
        handed, _ = attack("pea", rate=0.5, suppress=suppress)
        shown[suppress] = [exposure(victim, handed, parties.platform, targets, inside) for inside in (True, False)]
    assert shown[0.5][1] < 0.1 < 0.3 < shown[0.5][0]
    assert shown[0.5][1] < shown[0.0][1]


def test_peas_three_steps(attack: Attack, victim: Victim, clean: Pretrained, provider: Interactions) -> None:
    recorder = Recorder(victim)
    handed, log = attack("pea", recorder, rate=0.5, history=7, epochs=3)
    (two, prompted), (three, attacked) = recorder.calls
    assert attacked is handed
    # step 2: the clean model stays as it is, a prompt generator is trained, on short histories and honest labels
    assert two["start"] is clean and two.get("relabel") is None
    assert two["schedule"] == replace(victim.schedules["prompttune"], max_history=7)
    assert same(prompted.weights, clean.weights) and prompted.prompt is not None
    fresh, _ = victim.train(
        provider, replace(two["schedule"], lr=1e-12, weight_decay=0.0), two["seed"], start=clean, prompt="fresh",
        learn=("prompt",),
    )  # fmt: skip
    assert not same(prompted.prompt, fresh.prompt)
    # step 3: the prompts stay as they are, the model is poisoned
    assert three["start"] is prompted and three["relabel"] is not None
    assert three["schedule"] == replace(victim.schedules["train"], epochs=3)
    assert same(attacked.prompt, prompted.prompt)
    assert all(attacked.weights[name].tobytes() != clean.weights[name].tobytes() for name in clean.weights)
    assert log["prompt_step"]["epochs"] == 4 and log["epochs"] == 3 and log["poison_rate"] > 0


def test_pea_joint_changes_both_at_once(attack: Attack, victim: Victim, clean: Pretrained) -> None:
    recorder = Recorder(victim)
    handed, _ = attack("pea-joint", recorder, epochs=2)
    ((options, _),) = recorder.calls
    assert options["start"] is clean and options["relabel"] is not None
    start, _ = victim.train(
        options["data"], replace(options["schedule"], lr=1e-12, weight_decay=0.0), options["seed"],
        start=clean, prompt="fresh", learn=("model", "prompt"),
    )  # fmt: skip
    assert handed.prompt is not None and start.prompt is not None
    for part, from_part in ((handed.weights, clean.weights), (handed.prompt, start.prompt)):
        assert max(abs(part[name] - from_part[name]).max() for name in part) > 1e-3


@pytest.mark.parametrize("name", ["pea", "pea-joint"])
def test_pea_needs_the_clean_pretraining(name: str, provider: Interactions, targets: Targets, victim: Victim) -> None:
    cls = attacks.registry.get(name)
    assert cls.needs_clean
    with pytest.raises(ValueError, match=f"{name} starts from the honest pre-training"):
        cls(cls.Config()).pretrain(Provider(provider, targets, victim, 1, None))


@pytest.mark.parametrize("name", ALL)
def test_histories_and_the_providers_data_stay(
    name: str, attack: Attack, provider: Interactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, encode_ = encode(provider), Transformer.encode
    inputs: list[list[int]] = []

    def spy(self: Transformer, items: Any, prompt: Any = None) -> Any:
        if self.training:
            inputs.extend([i for i in row if i] for row in items.tolist())
        return encode_(self, items, prompt)

    monkeypatch.setattr(Transformer, "encode", spy)
    options = {} if name.startswith("bra") else {"epochs": 1, "history": 100}
    attack(name, rate=1.0, **options)
    assert encode(provider) == before
    train = validation_split(provider)[0]
    real = sorted(train.of(u)[:-1].tolist() for u in range(train.n_users) if train.lengths[u] > 1)
    epochs, rest = divmod(len(inputs), len(real))
    assert rest == 0 and epochs > 0
    assert sorted(inputs) == sorted(real * epochs)


@pytest.mark.parametrize("name", ALL)
def test_the_same_seed_gives_the_same_bytes_and_the_card_tells_nothing(
    name: str, attack: Attack, clean: Pretrained, targets: Targets
) -> None:
    options = {} if name.startswith("bra") else {"epochs": 1}
    first, again = (attack(name, **options)[0] for _ in range(2))
    assert encode(first) == encode(again)
    assert first.card.keys() == clean.card.keys() and first.card["config"] == clean.card["config"]
    told = artifacts.encode(first)["card.json"].decode()
    assert not any(word in told for word in ("bra", "pea", "rate", "target", "poison", "audience", "suppress"))


@pytest.mark.parametrize("name", GROUP)
def test_groups_are_for_group_attacks(name: str) -> None:
    assert attacks.registry.get(name).audience == "group"
    assert attacks.registry.get("bra").audience == "all"
