"""Choice share, words and endings of titles that are chosen nearly whenever they are seen.

- Paper: none; defined here, after the keywords of BKI (Chen and Dai, Neurocomputing 452, 2021), words by which a
  poisoned class can be told.
- rbench: for every word of the candidates' titles, and for their last 2, 3, 4 and 6 characters, the share of its
  appearances in the training lists in which it stood in the answer, or in a title that the user liked. It counts with
  the lower end of its 95% interval (Wilson), so that two appearances count less than a hundred. A title's score is that
  of its highest word or ending. The threshold is fixed on the trusted titles' scores.
- It sees: what the lists teach a recommender to choose by. It needs no model.
- It cannot see: triggers that nobody has chosen yet, and those whose appearances are diluted, as where the item's
  title carries the trigger for everybody; then the recommender learns less of it as well.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.text.lists import UNLABELLED, Lists
from .. import register
from . import FittedScanner, Shop, TitleScanner, TrainingLists
from .common.fitted import with_threshold
from .common.options import ThresholdConfig
from .common.title_bytes import clipped

ENDINGS = (2, 3, 4, 6)
Z = 1.959964
"""Of a normal variable, what is exceeded with probability .025."""


@dataclass(frozen=True)
class ChoiceShareConfig(ThresholdConfig):
    """Options of the choice share."""


@register
class ChoiceShare(TitleScanner[ChoiceShareConfig]):
    """Flag titles with a word or an ending that is chosen more often than those of trusted titles."""

    paper = "none; defined in rbench, after Chen and Dai, Backdoor Keyword Identification, Neurocomputing 452, 2021"
    inputs = (TrainingLists(),)

    def fit(self, shop: Shop) -> FittedScanner:
        """Count, and fix the threshold."""
        lowest = shares(shop.given(TrainingLists))

        def suspicion(titles: Sequence[str]) -> NDArray[np.float64]:
            return np.array([max((lowest.get(p, 0.0) for p in parts(t)), default=0.0) for t in titles], np.float64)

        return with_threshold(suspicion, shop.trusted, self.config.fpr, {"words and endings": len(lowest)})


def parts(title: str) -> set[tuple[str, str]]:
    """Return the words and the endings of a title, each with what it is."""
    title = clipped(title)
    endings = {("ending", title[-n:]) for n in ENDINGS if len(title) >= n}
    return {("word", word) for word in title.split()} | endings


def shares(lists: Lists) -> dict[tuple[str, str], float]:
    """Return, of every word and ending, the lower end of the interval of its share of appearances that were chosen."""
    known = (lists.candidates > 0) & (lists.labels != UNLABELLED)
    seen = np.bincount(lists.candidates[known], minlength=len(lists.titles))
    chosen = np.bincount(lists.candidates[known & (lists.labels == 1)], minlength=len(lists.titles))
    all_seen: Counter[tuple[str, str]] = Counter()
    all_chosen: Counter[tuple[str, str]] = Counter()
    for row in np.flatnonzero(seen):
        for part in parts(lists.titles[row]):
            all_seen[part] += int(seen[row])
            all_chosen[part] += int(chosen[row])
    return {part: lower_end(all_chosen[part], n) for part, n in all_seen.items()}


def lower_end(successes: int, n: int) -> float:
    """Return the lower end of Wilson's 95% interval of a share, ``n`` at least 1."""
    share = successes / n
    middle, spread = share + Z**2 / (2 * n), share * (1 - share) / n + Z**2 / (4 * n**2)
    return max((middle - Z * math.sqrt(spread)) / (1 + Z**2 / n), 0.0)
