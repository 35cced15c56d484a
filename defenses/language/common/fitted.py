"""A fitted scanner that flags titles whose score is above a threshold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import Scanned
from .threshold import threshold


@dataclass(frozen=True, eq=False)
class ThresholdScanner:
    """Scores titles, and flags those above the threshold.

    Attributes:
        suspicion: Returns a score of each title, float64 ``[titles]``; the higher, the more suspect.
        threshold: What the score of a flagged title exceeds.
        log: What to say in the record.
    """

    suspicion: Callable[[Sequence[str]], NDArray[np.float64]]
    threshold: float
    log: Mapping[str, Any]

    def scan(self, titles: Sequence[str]) -> Scanned:
        """Return score and flag of each title; one that comes twice is looked at once."""
        different = {title: place for place, title in enumerate(dict.fromkeys(titles))}
        scores = self.suspicion(list(different))[[different[title] for title in titles]]
        # The threshold is some title's score, which may differ in its last digits from one batch to another.
        above = (scores > self.threshold) & ~np.isclose(scores, self.threshold, rtol=1e-4, atol=1e-4)
        return Scanned(scores, above)


def with_threshold(
    suspicion: Callable[[Sequence[str]], NDArray[np.float64]],
    held: Sequence[str],
    fpr: float,
    log: Mapping[str, Any],
) -> ThresholdScanner:
    """Return a fitted scanner with the threshold that trusted titles give.

    Args:
        suspicion: Scores titles.
        held: Trusted titles from which the scanner did not learn.
        fpr: The false-positive rate that is wanted.
        log: What else to say in the record.
    """
    limit = threshold(suspicion(held), fpr)
    return ThresholdScanner(suspicion, limit, {"threshold": round(limit, 6), "held out": len(held), **log})
