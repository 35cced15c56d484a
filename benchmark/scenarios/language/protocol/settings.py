"""Options of the scenario that belong to no method; free of torch, so that planning stays fast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from .....core.config import Options
from .....core.ranges import Count, Range

TARGETS = 10
"""Later titles of a user that a victim which says Yes or No is trained on at once."""
LEAST = 3
"""Interactions that a history has at least, as in LLaRA."""


@dataclass(frozen=True)
class LanguageConfig(Options):
    """What a text recommender is asked."""

    history: Annotated[int, Range(LEAST)] = 10
    """Titles of a history at most, the last ones."""
    candidates: Annotated[int, Range(2)] = 20
    """Titles of a list: the next one and others, drawn from the items that are not in the history shown."""
    questions: Count = 2000
    """Users at most, drawn by seed, who are asked about their last item."""
    trusted: Annotated[float, Range(0.01, 0.9)] = 0.5
    """Share of the items whose titles the platform knows to be as they should be; none of them is the attacker's."""
