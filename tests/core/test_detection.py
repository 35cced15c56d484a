"""What a detector returned is checked before anything is made of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rbench.core.detection import Detection, checked_detection
from rbench.core.errors import UserError

N_ITEMS = 4


def found(**changes: Any) -> Detection:
    made: dict[str, Any] = {"scores": np.zeros(N_ITEMS + 1), "flagged": np.zeros(N_ITEMS + 1, bool)}
    return Detection(**(made | changes))


def test_a_sound_one_is_returned_as_it_is() -> None:
    for one in (found(), found(log={"threshold": 3.5, "prompts": {"own": 2}, "cut": None})):
        assert checked_detection(one, N_ITEMS, "mine") is one


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (None, "NoneType, not a Detection"),
        (found(scores=np.zeros(N_ITEMS)), r"scores of shape \(4,\), not \[n_items \+ 1\] = \(5,\); 0 is padding"),
        (found(flagged=[False] * 5), "flagged of shape None"),
        (found(scores=np.zeros((5, 1))), r"scores of shape \(5, 1\)"),
        (found(scores=np.zeros(5, np.float32)), "scores of type float32, not float64"),
        (found(flagged=np.zeros(5)), "flagged of type float64, not bool"),
        (found(scores=np.array([0, 1, np.nan, 2, np.inf])), "scores that are not finite, of item 2"),
        (found(flagged=np.ones(5, bool)), "a flag for padding, index 0"),
        (found(log={"threshold": np.inf}), "a log that cannot stand in a record: .*JSON compliant"),
        (found(log={"threshold": np.float32(1)}), "a log that cannot stand in a record: .*float32"),
    ],
)
def test_what_cannot_be_judged_is_told_in_a_sentence(wrong: Any, sentence: str) -> None:
    with pytest.raises(UserError, match=f"^the detector mine returned {sentence}.*[.]$"):
        checked_detection(wrong, N_ITEMS, "mine")
