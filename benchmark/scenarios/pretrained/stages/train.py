"""Stages that train: local, pretrain, repair and adapt; each returns a model and a log."""

from __future__ import annotations

from typing import Any

from ..... import attacks, defenses
from .....core.config import configure
from .....core.pretrained import Pretrained
from ....stages.inputs import Hands
from .. import modes
from .victims import victim as victim_of

Trained = tuple[Pretrained, dict[str, Any]]


def local(hands: Hands) -> Trained:
    """Train on the platform's data alone."""
    victim = victim_of(hands)
    trained: Trained = victim.train(hands.parents["partition"].platform, victim.schedules["train"], hands.seed)
    return trained


def pretrain(hands: Hands) -> Trained:
    """Pre-train at the provider's, honestly or with an attack."""
    data, victim = hands.parents["partition"].provider, victim_of(hands)
    if hands.stage.name == "clean":
        trained: Trained = victim.train(data, victim.schedules["train"], hands.seed)
        return trained
    cls = attacks.registry.get(hands.stage.name)
    attack = cls(configure(cls.Config, hands.stage.params["config"], cls.name))
    assert isinstance(attack, attacks.ProviderAttack)
    clean = hands.parents.get("clean")
    return attack.pretrain(attacks.Provider(data, hands.parents["targets"], victim, hands.seed, clean))


def repair(hands: Hands) -> Trained:
    """Let a defense mend what was handed over."""
    cls = defenses.registry.get(hands.stage.name)
    defense = cls(configure(cls.Config, hands.stage.params["config"], cls.name))
    assert isinstance(defense, defenses.Repair)
    parents = hands.parents
    platform = defenses.Platform(
        parents["partition"].platform, parents["pretrained"], victim_of(hands), hands.seed, local=parents.get("local")
    )
    return defense.repair(platform)


def adapt(hands: Hands) -> Trained:
    """Use what was handed over in one of the usage modes."""
    mode = modes.registry.get(hands.stage.name)()
    return mode.adapt(hands.parents["pretrained"], hands.parents["partition"].platform, victim_of(hands), hands.seed)
