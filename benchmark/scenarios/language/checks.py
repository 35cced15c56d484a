"""What only the data show: whether there are enough lists for the fake users and enough titles for a scanner."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ....core.errors import UserError
from ...stages.stage import Stage
from . import kinds, methods
from .protocol.poisoning import fakes_of, samples_of
from .stages.scan import titles_of


def check_data(stages: Iterable[Stage], load: Callable[[str], Any]) -> None:
    """Check that the data are enough for the stages.

    Args:
        stages: Stages that are left to run.
        load: Returns the result of a stage by its id.

    Raises:
        UserError: If a rate comes to no fake user, or if there are fewer than two trusted titles for a scanner.
    """
    read: dict[str, Any] = {}
    for stage in stages:
        for parent in (stage.parents.get(role) for role in ("lists", "targets", "test")):
            if parent is not None and parent not in read and stage.kind in (kinds.POISON.id, kinds.SCAN.id):
                read[parent] = load(parent)
        if stage.kind == kinds.POISON.id:
            attack = methods.attack(stage.params["attack"])
            samples = samples_of(read[stage.parents["lists"]], stage.params["task"] == "yesno")
            fakes_of(attack.config.rate, samples, attack.name)
        elif stage.kind == kinds.SCAN.id:
            trusted = read[stage.parents["targets"]].trusted
            if len({*titles_of(read[stage.parents["test"]].titles[1:], trusted)}) < 2:
                raise UserError(
                    f"language.trusted: the titles of {np.count_nonzero(trusted)} of {len(trusted) - 1} items are "
                    f"trusted, and {stage.name} needs two different ones to learn from; trust more."
                )
