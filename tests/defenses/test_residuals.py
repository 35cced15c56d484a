"""Residuals on popularity against isotonic regression's min-max formula and numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rbench.defenses.pretrained.common.residuals import residual_z, strata, usual


def isotonic(values: list[float], popularity: list[int]) -> list[float]:
    """The largest, over sets of items from below, of the least mean up to above: slow, and by definition."""
    levels = sorted(set(popularity))
    of = {level: [v for v, p in zip(values, popularity, strict=True) if p == level] for level in levels}

    def mean(a: int, b: int) -> float:
        inside = [v for level in levels[a : b + 1] for v in of[level]]
        return sum(inside) / len(inside)

    last = len(levels)
    fit = {levels[i]: max(min(mean(a, b) for b in range(i, last)) for a in range(i + 1)) for i in range(last)}
    return [fit[p] for p in popularity]


def slow_z(values: list[float], popularity: list[int]) -> list[float]:
    rest = np.subtract(values, isotonic(values, popularity))
    groups, out = strata(np.array(popularity)), np.zeros(len(values))
    for place, group in enumerate(groups):
        alike = sorted(rest[groups == group])
        middle = float(np.median(alike))
        out[place] = (rest[place] - middle) / max(1.4826 * float(np.median(np.abs(np.array(alike) - middle))), 1e-6)
    return out.tolist()


def padded(numbers: list[float]) -> np.ndarray:
    return np.array([0, *numbers])


items = st.lists(st.tuples(st.integers(-40, 40).map(lambda n: n / 8), st.integers(0, 12)), min_size=1, max_size=25)


@settings(max_examples=60, deadline=None)
@given(items)
def test_residuals_are_those_of_the_definition(pairs: list[tuple[float, int]]) -> None:
    values, popularity = map(list, zip(*pairs, strict=True))
    centre, scale = usual(padded(values), padded(popularity))
    z = residual_z(padded(values), padded(popularity))
    # Where a stratum's deviation is nearly 0, rounding decides.
    settled = (scale[1:] > 1e-5) | (np.abs(np.subtract(values, centre[1:])) < 1e-9)
    np.testing.assert_allclose(z[1:][settled], np.array(slow_z(values, popularity))[settled], rtol=1e-5, atol=1e-3)
    assert z[0] == 0


@settings(max_examples=30, deadline=None)
@given(items, st.floats(0.5, 4), st.floats(-3, 3))
def test_neither_unit_nor_origin_matters(pairs: list[tuple[float, int]], unit: float, origin: float) -> None:
    values, popularity = map(list, zip(*pairs, strict=True))
    _, scale = usual(padded(values), padded(popularity))
    one = residual_z(padded(values), padded(popularity))
    other = residual_z(padded([unit * v + origin for v in values]), padded(popularity))
    settled = scale > 1e-5
    np.testing.assert_allclose(one[settled], other[settled], rtol=1e-5, atol=1e-4)


def test_strata_are_unseen_items_and_quarters_of_the_others() -> None:
    assert strata(np.array([0, 1, 2, 3, 4, 5, 6, 7, 8])).tolist() == [0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert strata(np.array([0, 0])).tolist() == [0, 0]
    assert strata(np.array([3, 3, 3])).tolist() == [1, 1, 1]


def test_by_hand() -> None:
    """Nobody has the items: the fit is their mean, and what is left is (value - median) / (1.4826 MAD)."""
    z = residual_z(padded([1, 2, 3, 4, 10]), np.zeros(6, np.int64))
    assert z[1:] == pytest.approx(np.array([-2, -1, 0, 1, 7]) / 1.4826)


def test_popular_items_may_score_high() -> None:
    """What grows with popularity is no outlier; the same value on an item that nobody has is one."""
    rng = np.random.default_rng(0)
    popularity = np.concatenate([[0], np.repeat(np.arange(20), 10)])
    values = np.log1p(popularity) + rng.normal(0, 0.1, 201)
    assert np.abs(residual_z(values, popularity)).max() < 4.5
    values[3] = np.log(20)
    assert residual_z(values, popularity).argmax() == 3 and residual_z(values, popularity)[3] > 10
