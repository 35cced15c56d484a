"""Tests, intervals, Holm and tiers: by hand, by scipy, by a slow oracle."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from rbench.benchmark.tables.scale import Scale
from rbench.benchmark.tables.statistics import detectable, holm, levels, paired, paired_users, tiers

P_VALUES = st.lists(st.one_of(st.none(), st.floats(0, 1)), max_size=12)


def by_seed(*values):
    """Number values by seed."""
    return dict(enumerate(values))


def test_paired_test_is_scipys_and_pairs_by_seed():
    a, b = {3: 0.5, 1: 0.7, 2: 0.9}, {1: 0.1, 2: 0.2, 3: 0.3}
    found = paired(a, b)
    expected = stats.ttest_rel([0.7, 0.9, 0.5], [0.1, 0.2, 0.3])
    assert (found.n, found.reason) == (3, None)
    assert (found.t, found.p) == (pytest.approx(expected.statistic), pytest.approx(expected.pvalue))
    d = np.array([0.6, 0.7, 0.2])
    assert found.effect_size == pytest.approx(d.mean() / d.std(ddof=1))
    assert found.mean_difference == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("ours", "theirs", "reason"),
    [
        (by_seed(1, 2), by_seed(0, 0), "2 pairs, fewer than 3"),
        (by_seed(1), by_seed(0), "1 pair, fewer than 3"),
        ({}, {}, "0 pairs, fewer than 3"),
        (by_seed(1, 2, 3), by_seed(0, 1, 2), "the differences do not vary"),
        (by_seed(0.1, 0.2, 0.3), by_seed(0.0, 0.1, 0.2), "the differences do not vary"),
        (by_seed(1, 2, 4, 9), by_seed(0, 0, 0), "missing pairs: seed 3 on one side only"),
        (by_seed(1, 2, 4), by_seed(0, 0, 0, 0, 0), "missing pairs: seeds 3, 4 on one side only"),
        (by_seed(1, 2, 4, None), by_seed(0, 0, 0, 0), "missing pairs: seed 3 on one side only"),
    ],
)
def test_refusals(ours, theirs, reason):
    found = paired(ours, theirs)
    assert (found.reason, found.p, found.t, found.effect_size) == (reason, None, None, None)


def test_users_are_paired_by_position():
    rng = np.random.default_rng(0)
    a, b = rng.random(40), rng.random(40)
    found = paired_users(a, b)
    assert found["p"] == pytest.approx(stats.ttest_rel(a, b).pvalue) and found["n"] == 40
    assert paired_users([], [])["p"] is None and paired_users(a, a)["p"] is None


def test_holm_by_hand():
    # sorted 0.005, 0.01, 0.03, 0.04 times 4, 3, 2, 1 = 0.02, 0.03, 0.06, 0.04; the last may not be below 0.06
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, None, 0.7]) == [1.0, None, 1.0]
    assert holm([]) == []


@given(P_VALUES)
def test_holm_equals_its_definition(p_values):
    given_ = [p for p in p_values if p is not None]
    for p, adjusted in zip(p_values, holm(p_values), strict=True):
        if p is None:
            assert adjusted is None
            continue
        # rejected at level a iff every smaller or equal hypothesis passes its own step
        steps = [min(1.0, sum(q >= o for q in given_) * o) for o in given_ if o <= p]
        assert adjusted == pytest.approx(max(steps))


@given(P_VALUES)
def test_holm_is_never_below_the_raw_value_and_keeps_the_order(p_values):
    pairs = sorted((p, a) for p, a in zip(p_values, holm(p_values), strict=True) if p is not None)
    assert all(p <= a <= 1 for p, a in pairs)
    assert [a for _, a in pairs] == sorted(a for _, a in pairs)


def test_tiers():
    noise = np.array([0.01, -0.02, 0.015, -0.005, 0.0])
    level = {"a": 9.0, "b": 9.001, "c": 5.0, "d": 1.0}
    samples = {k: by_seed(*(v + noise * (1 + i))) for i, (k, v) in enumerate(level.items())}
    assert tiers(samples) == {"b": 1, "a": 1, "c": 2, "d": 3}
    assert list(tiers(samples)) == ["b", "a", "c", "d"]
    assert tiers(samples, higher_is_better=False) == {"d": 1, "c": 2, "a": 3, "b": 3}


def test_tiers_compare_with_the_first_of_a_tier_and_need_seeds():
    assert tiers({"a": by_seed(9, 9.1), "b": by_seed(1, 1.2)}) == {"a": 1, "b": 1}
    assert tiers({"a": by_seed(1.0), "none": {}}) == {"a": 1}
    # each differs too little from the one before it, the last enough from the first
    wide, shift = np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.5, -0.5, 0.6, -0.6])
    chain = {"a": by_seed(*(wide + 2.4)), "b": by_seed(*(wide + 1.2 + 2 * shift)), "c": by_seed(*(wide + shift / 9))}
    assert paired(chain["a"], chain["b"]).p > 0.05 and paired(chain["b"], chain["c"]).p > 0.05
    assert tiers(chain) == {"a": 1, "b": 1, "c": 2}


def test_ratios_are_tested_on_their_logarithms():
    ours, theirs = by_seed(125.0, 40.0, 300.0, 90.0), by_seed(1.5, 1.2, 1.6, 1.9)
    expected = stats.ttest_rel(np.log([*ours.values()]), np.log([*theirs.values()]))
    found = paired(ours, theirs, Scale.RATIO)
    assert (found.t, found.p) == (pytest.approx(expected.statistic), pytest.approx(expected.pvalue))
    assert paired(ours, by_seed(1.0, 0.0, 1.0, 1.0), Scale.RATIO).reason == "a ratio without a logarithm"


def test_holms_levels_by_hand():
    assert levels([0.01, None, 0.2, 0.03]) == pytest.approx([0.05 / 3, None, 0.05, 0.025], nan_ok=True)


def test_the_detectable_difference_is_found_in_four_of_five_repetitions():
    found = paired(by_seed(1.0, 2.0, 4.0, 3.0, 5.0), by_seed(*[0.0] * 5))
    std, level = np.std([1, 2, 4, 3, 5], ddof=1), 0.01
    rng = np.random.default_rng(0)
    draws = rng.normal(detectable(found, level), std, (40_000, 5))
    assert (stats.ttest_1samp(draws, 0, axis=1).pvalue < level).mean() == pytest.approx(0.8, abs=0.01)
