"""A verdict's p-value and distance by hand, and what is no verdict."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbench.core.artifacts import decode, encode
from rbench.core.detection import Verdict, checked_verdict
from rbench.core.errors import UserError


def verdict(statistic: Any = 5.0, null: Any = (1.0, 2.0, 3.0), **more: Any) -> Verdict:
    return Verdict(statistic, np.array(null, np.float64), **more)


def test_by_hand() -> None:
    assert verdict().p == 1 / 4 and verdict(2.0).p == 3 / 4 and verdict(0.0).p == 1
    assert verdict().distance == 3.0, "the null has mean 2 and standard deviation 1"
    assert verdict(null=(2.0, 2.0)).distance > 1e6 and verdict(2.0, (2.0, 2.0)).distance == 0


@given(st.lists(st.integers(0, 5), min_size=3, max_size=12))
def test_p_is_exact_where_all_orders_are_equally_likely(values: list[int]) -> None:
    """Of n + 1 models alike, the share that would have a p of at most k / (n + 1) is at most that."""
    ps = [verdict(float(v), values[:i] + values[i + 1 :]).p for i, v in enumerate(values)]
    n = len(values)
    for k in range(1, n + 1):
        assert sum(p <= k / n + 1e-12 for p in ps) <= k


def test_it_survives_the_store() -> None:
    one = verdict(0.1, (0.3, 1e-9, 2.0), log={"references": 3})
    other = decode(encode(one))
    assert other.statistic == one.statistic and other.null.tolist() == one.null.tolist()
    assert encode(other) == encode(one)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"p": 0.1}, "dict, not a Verdict"),
        (verdict(null=(1.0,)), r"a null that is not float64 \[n\] with n of at least 2"),
        (Verdict(1.0, np.zeros(3, np.float32)), "a null that is not float64"),
        (verdict(np.nan), "a statistic or a null that is no finite number"),
        (verdict(null=(1.0, np.inf)), "a statistic or a null that is no finite number"),
        (verdict(np.float32(1)), "a statistic or a null that is no finite number"),
        (verdict(log={"x": {1}}), "a log that cannot stand in a record: .*set"),
    ],
)
def test_what_is_no_verdict_is_told_in_a_sentence(wrong: Any, sentence: str) -> None:
    assert checked_verdict(verdict(), "mine").p == 1 / 4
    with pytest.raises(UserError, match=f"^the scan mine returned {sentence}.*[.]$"):
        checked_verdict(wrong, "mine")
