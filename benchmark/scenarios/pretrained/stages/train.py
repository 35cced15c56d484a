"""Stages that train: local, reference, pretrain and adapt; each returns a model and a log."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..... import attacks
from .....attacks import Provider, ProviderAttack
from .....core.methods import make
from .....core.pretrained import Pretrained
from .....core.seeds import generator
from ....stages.inputs import StageInputs
from .. import modes
from .victims import fitting
from .victims import victim as victim_of

Trained = tuple[Pretrained, dict[str, Any]]


def local(inputs: StageInputs) -> Trained:
    """Train on the platform's data alone."""
    victim = victim_of(inputs)
    trained: Trained = victim.train(inputs.parents["partition"].platform, victim.schedules["train"], inputs.seed)
    return trained


def reference(inputs: StageInputs) -> Trained:
    """Train honestly on a draw of the platform's users."""
    victim, data = victim_of(inputs), inputs.parents["partition"].platform
    n = max(1, round(inputs.stage.params["share"] * data.n_users))
    users = generator(inputs.seed, "users").choice(data.n_users, n, replace=False)
    trained: Trained = victim.train(data.take(np.sort(users)), victim.schedules["train"], inputs.seed)
    return trained


def pretrain(inputs: StageInputs) -> Trained:
    """Pre-train at the provider's, honestly or with an attack."""
    data, victim = inputs.parents["partition"].provider, victim_of(inputs)
    if inputs.stage.name == "clean":
        trained: Trained = victim.train(data, victim.schedules["train"], inputs.seed)
        return trained
    attack = make(attacks.registry, inputs.stage.name, inputs.stage.params["config"], ProviderAttack)
    clean = inputs.parents.get("clean")
    provider = Provider(data, inputs.parents["targets"], victim, inputs.seed, clean, inputs.source)
    return fitting(attack.pretrain(provider), victim, data)


def adapt(inputs: StageInputs) -> Trained:
    """Use what was handed over in one of the usage modes."""
    mode, victim = modes.registry.get(inputs.stage.name)(), victim_of(inputs)
    platform = inputs.parents["partition"].platform
    return fitting(mode.adapt(inputs.parents["pretrained"], platform, victim, inputs.seed), victim, platform)
