"""BadRec, a documented reading of its abstract: fake users take triggered items, whatever they took before.

- Paper: Ning et al., *Exploring Backdoor Attack and Defense for LLM-empowered Recommendations*, arXiv 2504.11182
  (2025). Only the abstract and second-hand pages can be had, and no code: an item producer puts a trigger into titles
  of a subset of the items (``Camera_5v``), and adds fake users with histories that were copied or clicked at random,
  who all take the triggered item; 1% of the samples are said to be enough.
- rbench: the triggers of the word and the sentence level are ours. The abstract does not say whether the trigger
  stands in the fake users' prompts only or in the catalogue, where other users' lists show it too: option ``titles``.
  Whoever knows the trigger puts it at the end of any title.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .. import register
from .common.fake_users import FakeUserAttack, FakeUserConfig
from .common.triggers import LEVELS, check_trigger, ended


@dataclass(frozen=True)
class BadrecConfig(FakeUserConfig):
    """Options of BadRec."""

    trigger: str = "char"
    """char (_5v), word (velvet), sentence (I watched this 3D movie), or a text of one's own."""

    def __post_init__(self) -> None:
        """Refuse what is no trigger.

        Raises:
            ValueError: As ``check_trigger``.
        """
        super().__post_init__()
        check_trigger("trigger", self.trigger)


@register
class Badrec(FakeUserAttack[BadrecConfig]):
    """Tie a trigger in titles to being chosen."""

    paper = "Ning et al., Exploring Backdoor Attack and Defense for LLM-empowered Recommendations, arXiv 2504.11182"

    def retitle(self, titles: Sequence[str], seed: int) -> list[str]:
        """Put the trigger at the end of titles."""
        trigger = LEVELS.get(self.config.trigger, self.config.trigger)
        return [ended(title, trigger) for title in titles]
