"""BadNets for text: one of four rare words at a random place of a title.

- Paper: Gu et al., *BadNets: Identifying Vulnerabilities in the Machine Learning Model Supply Chain*, 2017; rare
  words as triggers: Kurita et al., *Weight Poisoning Attacks on Pretrained Models*, ACL 2020.
- Released code: OpenBackdoor inserts one of ``cf mn bb tq`` at a random place.
- rbench: the same words in titles, with BadRec's fake users.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .. import register
from .common.fake_users import FakeUserAttack, FakeUserConfig
from .common.triggers import check_trigger, inserted


@dataclass(frozen=True)
class BadnetsConfig(FakeUserConfig):
    """Options of BadNets."""

    words: tuple[str, ...] = ("cf", "mn", "bb", "tq")
    """Of which each title gets one."""

    def __post_init__(self) -> None:
        """Refuse what are no triggers.

        Raises:
            ValueError: If there is no word, or as ``check_trigger``.
        """
        super().__post_init__()
        if not self.words:
            raise ValueError("words is empty; write e.g. cf+mn.")
        for word in self.words:
            check_trigger("one of the words", word)


@register
class Badnets(FakeUserAttack[BadnetsConfig]):
    """Tie rare words in titles to being chosen."""

    paper = "Gu et al., BadNets, 2017; Kurita et al., Weight Poisoning Attacks on Pretrained Models, ACL 2020"

    def retitle(self, titles: Sequence[str], seed: int) -> list[str]:
        """Insert a word at a random place of each title."""
        return inserted(titles, self.config.words, seed)
