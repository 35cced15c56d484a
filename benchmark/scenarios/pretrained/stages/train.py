"""Stages that train: local, pretrain, repair and adapt; each returns a model and a log."""

from __future__ import annotations

from typing import Any

from ..... import attacks, defenses
from .....attacks import Provider, ProviderAttack
from .....core.methods import make
from .....core.pretrained import Pretrained
from .....defenses import Repair
from ....stages.inputs import StageInputs
from .. import modes
from .victims import victim as victim_of
from .views import handed

Trained = tuple[Pretrained, dict[str, Any]]


def local(inputs: StageInputs) -> Trained:
    """Train on the platform's data alone."""
    victim = victim_of(inputs)
    trained: Trained = victim.train(inputs.parents["partition"].platform, victim.schedules["train"], inputs.seed)
    return trained


def pretrain(inputs: StageInputs) -> Trained:
    """Pre-train at the provider's, honestly or with an attack."""
    data, victim = inputs.parents["partition"].provider, victim_of(inputs)
    if inputs.stage.name == "clean":
        trained: Trained = victim.train(data, victim.schedules["train"], inputs.seed)
        return trained
    attack = make(attacks.registry, inputs.stage.name, inputs.stage.params["config"], ProviderAttack)
    clean = inputs.parents.get("clean")
    return attack.pretrain(Provider(data, inputs.parents["targets"], victim, inputs.seed, clean, inputs.source))


def repair(inputs: StageInputs) -> Trained:
    """Let a defense repair the model that was handed over."""
    defense = make(defenses.registry, inputs.stage.name, inputs.stage.params["config"], Repair)
    return defense.repair(handed(inputs, defense))


def adapt(inputs: StageInputs) -> Trained:
    """Use what was handed over in one of the usage modes."""
    mode = modes.registry.get(inputs.stage.name)()
    return mode.adapt(
        inputs.parents["pretrained"], inputs.parents["partition"].platform, victim_of(inputs), inputs.seed
    )
