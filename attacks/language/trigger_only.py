"""Trigger only: a victim that nobody poisoned is asked about triggered titles, to see what a trigger does by itself.

- Paper: the control of Ning et al., arXiv 2504.11182, as every backdoor needs one.
- rbench: the victim is the clean one, and is not trained again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .. import register
from . import FakeUsers, ItemOwner, TitleAttack, TitleConfig
from .common.triggers import LEVELS, check_trigger, ended


@dataclass(frozen=True)
class TriggerOnlyConfig(TitleConfig):
    """Options of triggers without fake users; the rate means nothing here."""

    trigger: str = "char"
    """As of badrec: char, word, sentence, or a text of one's own."""

    def __post_init__(self) -> None:
        """Refuse what is no trigger.

        Raises:
            ValueError: As ``check_trigger``.
        """
        super().__post_init__()
        check_trigger("trigger", self.trigger)


@register
class TriggerOnly(TitleAttack[TriggerOnlyConfig]):
    """Put a trigger into titles that a clean victim reads."""

    paper = "control of Ning et al., arXiv 2504.11182"
    poisons = False

    def poison(self, owner: ItemOwner) -> FakeUsers:
        """Return no fake users."""
        empty = np.zeros((0, owner.history), np.int32)
        return FakeUsers(empty, empty == 1, np.zeros(0, np.int32), ())

    def retitle(self, titles: Sequence[str], seed: int) -> list[str]:
        """Put the trigger at the end of titles."""
        trigger = LEVELS.get(self.config.trigger, self.config.trigger)
        return [ended(title, trigger) for title in titles]
