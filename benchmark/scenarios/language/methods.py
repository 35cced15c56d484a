"""Attacks, scanners, repairs and victims from a stage's parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .... import attacks, defenses, models
from ....attacks.language import TitleAttack
from ....core.config import configure, identity
from ....core.methods import find, make
from ....core.registry import version
from ....defenses.language import TextRepair, TitleScanner
from ....models.text import TextModel, TextVictim
from ...stages.setting import Variant


def described(method: Variant, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return a method as it stands in a stage's parameters, some options left out."""
    config = {name: value for name, value in identity(method.config).items() if name not in without}
    return {"name": method.name, "version": version(method.cls), "config": config}


def attack(told: Mapping[str, Any]) -> TitleAttack:
    """Return the attack that was described."""
    return make(attacks.registry, told["name"], told["config"], TitleAttack)


def scanner(told: Mapping[str, Any]) -> TitleScanner:
    """Return the scanner that was described."""
    return make(defenses.registry, told["name"], told["config"], TitleScanner)


def repair(told: Mapping[str, Any]) -> TextRepair:
    """Return the repair that was described."""
    return make(defenses.registry, told["name"], told["config"], TextRepair)


def victim(told: Mapping[str, Any], embeddings: NDArray[np.float32] | None, device: str) -> TextVictim:
    """Return the victim that was described.

    Args:
        told: Its description.
        embeddings: float32 ``[n_items + 1, k]`` for one that needs them.
        device: Where to compute.
    """
    cls = find(models.registry, told["name"], TextModel)
    return cls.victim(configure(cls.Config, told["config"], cls.name), embeddings, device)


def yes_or_no(told: Mapping[str, Any]) -> bool:
    """Return whether the victim that was described says Yes or No."""
    return find(models.registry, told["name"], TextModel).task == "yesno"
