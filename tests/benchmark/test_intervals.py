"""Means and intervals: by hand, by scipy, inside what a number can be, and how often they cover the truth."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from rbench.benchmark.tables.intervals import change, deviation, summarize
from rbench.benchmark.tables.result_sets import RowKey, result_sets
from rbench.benchmark.tables.scale import Scale
from rbench.core.records.folder import read_all

ML_100K = Path(__file__).parents[2] / "results" / "ml-100k" / "records"
LIMITS = {Scale.FRACTION: 1, Scale.PERCENTAGE: 100, Scale.COUNT: 1e6}
SHAPES = {"rare": (0.7, 12.0), "rarer": (0.5, 50.0), "coin": (0.3, 0.3), "near one": (30.0, 1.0), "plain": (20.0, 80.0)}
"""Beta distributions like our numbers: exposure of clean models, F1 that is 0 or 1, exposure of attacks, accuracy."""


def by_seed(*values):
    """Number values by seed."""
    return dict(enumerate(values))


@given(st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=300))
def test_the_deviation_is_numpys_to_the_bit(values):
    array = np.array(values)
    assert deviation(array) == np.std(array, ddof=1)


def test_a_plain_interval_is_scipys():
    values = [0.1, 0.4, 0.35, 0.2]
    found = summarize(by_seed(*values, None))
    low, high = stats.t.interval(0.95, 3, loc=np.mean(values), scale=stats.sem(values))
    assert (found.n, found.mean, found.low, found.high) == (4, *map(pytest.approx, (np.mean(values), low, high)))
    assert found.std == pytest.approx(np.std(values, ddof=1))


def test_too_little():
    assert summarize({}).mean is None
    one = summarize(by_seed(2.0), Scale.RATIO)
    assert (one.n, one.mean, one.std, one.low) == (1, 2.0, None, None)
    same = summarize(by_seed(0.1, 0.1, 0.1), Scale.FRACTION)
    assert same.std == 0.0 and same.low == same.high == same.mean
    assert summarize(by_seed(1.0, 3.0)).high - 2.0 == pytest.approx(12.7062, rel=1e-5)  # t(1; 0.975) times 1


def test_a_fraction_by_hand():
    # mean 0.2, standard deviation 0.1, three seeds: t(2; 0.975) = 4.30265, standard error 0.057735
    found = summarize(by_seed(0.1, 0.2, 0.3), Scale.FRACTION)
    step = 4.302653 * 0.0577350 / (0.2 * 0.8)
    ends = [1 / (1 + 4 * math.exp(sign * step)) for sign in (1, -1)]
    assert (found.mean, found.low, found.high) == pytest.approx((0.2, *ends))
    percent = summarize(by_seed(10.0, 20.0, 30.0), Scale.PERCENTAGE)
    assert (percent.low, percent.high) == pytest.approx((100 * found.low, 100 * found.high))


def test_the_published_lambda_by_hand():
    [found] = result_sets(read_all(ML_100K))
    sample = found.sample(RowKey("pea", "direct", "none"), "all", "lambda")
    logs = [math.log(value) for value in sample.values()]
    assert len(logs) == 5
    mean = sum(logs) / 5
    error = math.sqrt(sum((value - mean) ** 2 for value in logs) / 4 / 5)
    ends = [math.exp(mean + sign * 2.7764451 * error) for sign in (-1, 1)]  # t(4; 0.975)
    summary = summarize(sample, Scale.RATIO)
    assert (summary.mean, summary.low, summary.high) == pytest.approx((math.exp(mean), *ends))
    assert summary.mean == pytest.approx(91.49, abs=0.01)


@pytest.mark.parametrize("bad", [None, 0.0, -1.0, math.inf])
def test_a_ratio_that_a_seed_lacks_is_undefined(bad):
    found = summarize(by_seed(2.0, 3.0, bad), Scale.RATIO)
    assert found.mean is None and found.reason == "undefined in 1 of 3 seeds"


@given(st.sampled_from([*LIMITS]), st.lists(st.floats(0, 1), min_size=2, max_size=10))
def test_intervals_stay_inside(scale, shares):
    found = summarize(by_seed(*(share * LIMITS[scale] for share in shares)), scale)
    assert 0 <= found.low <= found.mean * (1 + 1e-9) and found.mean <= found.high * (1 + 1e-9)
    assert scale is Scale.COUNT or found.high <= LIMITS[scale]


def test_a_change_of_ratios_is_a_factor_and_a_difference_of_fractions_is_cut():
    factor = change(by_seed(4.0, 16.0), by_seed(2.0, 2.0), Scale.RATIO)
    assert factor.mean == pytest.approx(4.0) and factor.low < 1 < factor.high
    assert change(by_seed(1.0, 0.0), by_seed(0.0, 0.2), Scale.FRACTION).low == -1.0


def covered(shape, n, scale, repetitions):
    """Return how many of 100 intervals hold the distribution's mean."""
    a, b = SHAPES[shape]
    draws = np.random.default_rng(n).beta(a, b, (repetitions, n))
    found = [summarize(by_seed(*map(float, row)), scale) for row in draws]
    return 100 * sum(s.low <= a / (a + b) <= s.high for s in found) / repetitions


@pytest.mark.parametrize("n", [3, 5])
def test_skewed_numbers_are_covered_better_than_by_plain_t(n):
    for shape in ("rare", "rarer", "coin"):
        ours, plain = (covered(shape, n, scale, 2000) for scale in (Scale.FRACTION, Scale.PLAIN))
        assert ours > plain + 2 and ours > 89, (shape, ours, plain)


@pytest.mark.slow
@pytest.mark.parametrize("n", [3, 5, 10])
@pytest.mark.parametrize("shape", SHAPES)
def test_coverage_in_full(shape, n):
    ours, plain = (covered(shape, n, scale, 20_000) for scale in (Scale.FRACTION, Scale.PLAIN))
    assert ours > 90.5 and ours > plain - 0.6, (ours, plain)
