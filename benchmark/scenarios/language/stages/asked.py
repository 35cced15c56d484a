"""The questions of a stage, worded as its attack does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .....core.errors import UserError
from ....stages.inputs import StageInputs
from .. import methods
from ..protocol.questions import Questions, questions


def asked(inputs: StageInputs) -> Questions:
    """Return the questions of a stage, worded as its attack does."""
    told: Mapping[str, Any] | None = inputs.stage.params["attack"]
    seeds = inputs.stage.params["seeds"]

    def retitle(titles: Sequence[str]) -> Sequence[str]:
        if told is None:
            return titles
        worded = methods.attack(told).retitle(titles, seeds["attack"])
        if len(worded) != len(titles) or not all(isinstance(title, str) and title.strip() for title in worded):
            raise UserError(f"attack {told['name']!r}: retitle must return a title that is not empty for each title.")
        return worded

    return questions(inputs.parents["test"], inputs.parents["targets"], retitle, seeds["test"])
