"""What a detector concludes about a model's items, and a scan about the model as a whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import UserError


@dataclass(frozen=True, eq=False)
class Detection:
    """Suspicion of every item.

    Attributes:
        scores: float64 ``[n_items + 1]``; higher is more suspect; index 0 is padding.
        flagged: bool ``[n_items + 1]``; the items the detector would remove.
        log: What else to say in the record, JSON-able: the threshold, or which prompt or group an item was found by.
    """

    scores: NDArray[np.float64]
    flagged: NDArray[np.bool_]
    log: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Verdict:
    """A statistic of a model beside its null: the same statistic of models that nobody attacked.

    Attributes:
        statistic: The higher, the more suspect.
        null: float64 ``[n]``, n at least 2: the statistic of n honest models.
        log: What else to say in the record, JSON-able.
    """

    statistic: float
    null: NDArray[np.float64]
    log: Mapping[str, Any] = field(default_factory=dict)

    @property
    def p(self) -> float:
        """(1 + honest models that are at least as suspect) / (n + 1): Phipson and Smyth (2010), never 0."""
        return float(1 + np.sum(self.null >= self.statistic)) / (len(self.null) + 1)

    @property
    def distance(self) -> float:
        """How many standard deviations of the null (n - 1 in the denominator) the statistic is above its mean."""
        spread = max(float(np.std(self.null, ddof=1)), 1e-12)
        return (self.statistic - float(np.mean(self.null))) / spread


def checked_detection(found: object, n_items: int, who: str) -> Detection:
    """Return what a detector returned, if it can be judged and recorded.

    Args:
        found: What it returned.
        n_items: Number of items, padding not counted.
        who: The detector's name, for messages.

    Raises:
        UserError: If it is no ``Detection``, an array has another shape or type, a score is not finite, padding is
            flagged, or the log is not JSON-able.
    """
    begins = f"the detector {who} returned"
    if not isinstance(found, Detection):
        raise UserError(f"{begins} {type(found).__name__}, not a Detection.")
    for name, kind in (("scores", np.float64), ("flagged", np.bool_)):
        array = getattr(found, name)
        shape, dtype = getattr(array, "shape", None), getattr(array, "dtype", None)
        if shape != (n_items + 1,):
            raise UserError(f"{begins} {name} of shape {shape}, not [n_items + 1] = ({n_items + 1},); 0 is padding.")
        if dtype != kind:
            raise UserError(f"{begins} {name} of type {dtype}, not {np.dtype(kind)}.")
    if not np.isfinite(found.scores).all():
        raise UserError(f"{begins} scores that are not finite, of item {int(np.argmin(np.isfinite(found.scores)))}.")
    if found.flagged[0]:
        raise UserError(f"{begins} a flag for padding, index 0.")
    _check_log(begins, found.log)
    return found


def checked_verdict(found: object, who: str) -> Verdict:
    """Return what a scan returned, if it can be recorded.

    Args:
        found: What it returned.
        who: The scan's name, for messages.

    Raises:
        UserError: If it is no ``Verdict``, a number is not finite, the null has fewer than two, or the log is not
            JSON-able.
    """
    begins = f"the scan {who} returned"
    if not isinstance(found, Verdict):
        raise UserError(f"{begins} {type(found).__name__}, not a Verdict.")
    null = found.null
    if getattr(null, "dtype", None) != np.float64 or null.ndim != 1 or len(null) < 2:
        raise UserError(f"{begins} a null that is not float64 [n] with n of at least 2.")
    if not (isinstance(found.statistic, float) and np.isfinite(found.statistic) and np.isfinite(null).all()):
        raise UserError(f"{begins} a statistic or a null that is no finite number.")
    _check_log(begins, found.log)
    return found


def _check_log(begins: str, log: Mapping[str, Any]) -> None:
    try:
        json.dumps(dict(log), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise UserError(f"{begins} a log that cannot stand in a record: {error}.") from None
