"""A fitted scanner that flags titles whose score is above a threshold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import Scanned, Shop
from .threshold import threshold


@dataclass(frozen=True, eq=False)
class ThresholdScanner:
    """Scores titles, and flags those above the threshold that are not trusted.

    Attributes:
        suspicion: Returns a score of each title, float64 ``[titles]``; the higher, the more suspect.
        threshold: What the score of a flagged title exceeds.
        trusted: Titles that are never flagged.
        log: What to say in the record.
    """

    suspicion: Callable[[Sequence[str]], NDArray[np.float64]]
    threshold: float
    trusted: frozenset[str]
    log: Mapping[str, Any]

    def scan(self, titles: Sequence[str]) -> Scanned:
        """Return score and flag of each title."""
        scores = self.suspicion(titles)
        new = np.array([title not in self.trusted for title in titles], bool)
        return Scanned(scores, (scores > self.threshold) & new)


def with_threshold(
    suspicion: Callable[[Sequence[str]], NDArray[np.float64]],
    held: Sequence[str],
    shop: Shop,
    fpr: float,
    log: Mapping[str, Any],
) -> ThresholdScanner:
    """Return a fitted scanner with the threshold that the titles held out give.

    Args:
        suspicion: Scores titles.
        held: Trusted titles from which the scanner did not learn.
        shop: Its trusted titles are never flagged.
        fpr: The false-positive rate that is wanted.
        log: What else to say in the record.
    """
    limit = threshold(suspicion(held), fpr)
    said = {"threshold": limit, "held out": len(held), **log}
    return ThresholdScanner(suspicion, limit, frozenset(shop.trusted), said)
