"""Which clients a server distrusts, round by round, and how right it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

THRESHOLD = 3.5
"""Robust z-score above which a client is flagged; Iglewicz and Hoaglin's (1993)."""


@dataclass(frozen=True, eq=False)
class Suspicion:
    """How suspect the clients of a round are.

    Attributes:
        scores: float64 ``[clients]``: higher is more suspect; finite.
        flagged: bool ``[clients]``: whom the server takes for malicious.
    """

    scores: NDArray[np.float64]
    flagged: NDArray[np.bool_]

    @classmethod
    def of(cls, scores: NDArray[np.float64]) -> Suspicion:
        """Flag scores far above the round's median, by the median distance to it, or, if that is zero, by the mean."""
        apart = scores - np.median(scores)
        distances = np.abs(apart)
        spread = 1.4826 * np.median(distances) or 1.2533 * np.mean(distances)
        return cls(scores, apart > THRESHOLD * spread)


@dataclass(frozen=True, eq=False)
class Judged:
    """What was said of a round's clients, and what they are.

    Attributes:
        suspicion: What the server said.
        malicious: bool ``[clients]``.
    """

    suspicion: Suspicion
    malicious: NDArray[np.bool_]


def judge(rounds: Sequence[Judged]) -> dict[str, float | None]:
    """Return how right a server was.

    Returns:
        ``precision``, ``recall`` and ``F1`` of flags over all rounds, a client counting in each of its rounds;
        ``false alarms``, the share of benign ones that are flagged; ``average precision`` of scores, the mean over
        the rounds with a malicious client, equal scores counted as in scikit-learn. None is a mean over nobody.
    """
    from sklearn.metrics import average_precision_score

    flagged = np.concatenate([r.suspicion.flagged for r in rounds])
    malicious = np.concatenate([r.malicious for r in rounds])
    hits = int((flagged & malicious).sum())
    found: dict[str, float | None] = {
        "precision": hits / int(flagged.sum()) if flagged.any() else None,
        "recall": hits / int(malicious.sum()) if malicious.any() else None,
        "F1": 2 * hits / int(flagged.sum() + malicious.sum()) if malicious.any() else None,
        "false alarms": float(flagged[~malicious].mean()) if not malicious.all() else None,
    }
    curves = [average_precision_score(r.malicious, r.suspicion.scores) for r in rounds if r.malicious.any()]
    return found | {"average precision": float(np.mean(curves)) if curves else None}
