"""What a detector concludes about a model."""

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


def checked(found: object, n_items: int, who: str) -> Detection:
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
    try:
        json.dumps(dict(found.log), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise UserError(f"{begins} a log that cannot stand in a record: {error}.") from None
    return found
