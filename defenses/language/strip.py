"""STRIP, titles that are chosen whatever stands beside them.

- Paper: an input is mixed with clean ones; a classifier that gives nearly the same answer to all mixtures, so that its
  answers have little entropy, has seen a trigger. The threshold is a quantile of clean inputs' entropies (Gao et al.,
  ACSAC 2019).
- rbench: what is mixed is the question. A title takes the place of one candidate in each of several training lists,
  both drawn once for all titles, and the victim that was trained on all lists scores them. A title's score is the mean
  over the lists of the entropy, in nats, that a softmax over the candidates' scores has, with the opposite sign. The
  threshold is fixed on the trusted titles' scores.
- It sees: what the victim does with a title. It needs the trained victim, and does not look at how a title reads.
- It cannot see: triggers that a victim has not learnt. A title that the victim likes for its own sake lowers the
  entropy as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...core.ranges import Count
from ...core.seeds import generator
from ...core.text.lists import Lists
from ...models.text import TextScorer
from .. import register
from . import FittedScanner, Shop, TitleScanner, TrainedVictim, TrainingLists
from .common.fitted import with_threshold
from .common.options import ThresholdConfig
from .common.title_bytes import clipped

AT_ONCE = 256
"""Titles that the victim is asked about in one call."""


@dataclass(frozen=True)
class StripConfig(ThresholdConfig):
    """Options of STRIP."""

    lists: Count = 16
    """Training lists, drawn by seed, into which every title is put."""


@register
class Strip(TitleScanner[StripConfig]):
    """Flag titles beside which the victim's choice hardly depends on the list."""

    paper = "Gao et al., STRIP: A Defence Against Trojan Attacks on Deep Neural Networks, ACSAC 2019"
    inputs = (TrainingLists(), TrainedVictim())

    def fit(self, shop: Shop) -> FittedScanner:
        """Draw the lists, ask the victim, and fix the threshold."""
        lists, victim = shop.given(TrainingLists), shop.given(TrainedVictim)
        rng = generator(shop.seed, "strip")
        # A list with one candidate has no entropy, whatever that is.
        usable = np.flatnonzero((lists.candidates > 0).sum(1) > 1)
        drawn = lists.take(np.sort(rng.permutation(usable)[: self.config.lists]))
        places = np.array([rng.choice(np.flatnonzero(row)) for row in drawn.candidates], np.int64)

        def suspicion(titles: Sequence[str]) -> NDArray[np.float64]:
            return -entropies(titles, drawn, places, victim)

        return with_threshold(suspicion, shop.trusted, self.config.fpr, {"lists": len(drawn)})


def entropies(
    titles: Sequence[str], lists: Lists, places: NDArray[np.int64], victim: TextScorer
) -> NDArray[np.float64]:
    """Return float64 ``[titles]``: the mean entropy, in nats, of the victim's choices where a title stands in lists.

    Args:
        titles: The titles.
        lists: ``n`` lists.
        places: int64 ``[n]``: whose candidate gives way to a title.
        victim: What chooses.
    """
    rows = {title: row for row, title in reversed(list(enumerate(lists.titles))) if row}
    found = np.zeros(len(titles))
    for start in range(0, len(titles), AT_ONCE):
        some = [clipped(title) for title in titles[start : start + AT_ONCE]]
        n, known = len(lists), [rows.get(title, 0) for title in some]
        asked = lists.take(np.tile(np.arange(n), len(some)))
        candidates = asked.candidates.copy()
        candidates[np.arange(len(asked)), np.tile(places, len(some))] = np.repeat(
            len(lists.titles) + np.arange(len(some)), n
        )
        # The item of a title that is not in the lists is not known.
        items = np.concatenate([lists.items, np.where(np.array(known) > 0, lists.items[known], 0)]).astype(np.int32)
        question = replace(asked, titles=(*lists.titles, *some), items=items, candidates=candidates.astype(np.int32))
        found[start : start + len(some)] = entropy(victim.scores(question)).reshape(-1, n).mean(1)
    return found


def entropy(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return float64 ``[n]``: the entropy in nats of a softmax over each row of ``[n, c]``; -inf is no candidate."""
    shifted = scores.astype(np.float64) - scores.max(1, keepdims=True)
    weights = np.exp(shifted)
    total = weights.sum(1)
    # The sum of p (log total - shifted); a candidate without weight adds nothing.
    found: NDArray[np.float64] = np.log(total) - (weights * np.where(weights > 0, shifted, 0.0)).sum(1) / total
    return found
