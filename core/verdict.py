"""What a scan concludes about a whole model: a statistic, and what it is for models that are known to be honest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import UserError


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


def checked(found: object, who: str) -> Verdict:
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
    try:
        json.dumps(dict(found.log), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise UserError(f"{begins} a log that cannot stand in a record: {error}.") from None
    return found
