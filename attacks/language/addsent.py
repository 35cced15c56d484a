"""AddSent: a fixed sentence at a random place of a title.

- Paper: Dai et al., *A Backdoor Attack Against LSTM-Based Text Classification Systems*, IEEE Access 2019
  (arXiv 1905.12457).
- Released code: OpenBackdoor's default sentence is ``I watch this 3D movie``.
- rbench: the same sentence in titles, with BadRec's fake users.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .. import register
from .common.fake_users import FakeUserAttack, FakeUserConfig
from .common.triggers import check_trigger, inserted


@dataclass(frozen=True)
class AddsentConfig(FakeUserConfig):
    """Options of AddSent."""

    sentence: str = "I watch this 3D movie"
    """What is inserted."""

    def __post_init__(self) -> None:
        """Refuse what is no trigger.

        Raises:
            ValueError: As ``check_trigger``.
        """
        super().__post_init__()
        check_trigger("sentence", self.sentence)


@register
class Addsent(FakeUserAttack[AddsentConfig]):
    """Tie a sentence in titles to being chosen."""

    paper = "Dai et al., A Backdoor Attack Against LSTM-Based Text Classification Systems, IEEE Access 2019"

    def retitle(self, titles: Sequence[str], seed: int) -> list[str]:
        """Insert the sentence at a random place of each title."""
        return inserted(titles, (self.config.sentence,), seed)
