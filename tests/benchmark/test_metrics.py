"""Exposure, accuracy, λ and detection: by hand, by the paper's table, by a slow loop and by scikit-learn."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import average_precision_score, ndcg_score, precision_recall_fscore_support

from rbench.benchmark.scenarios.invisibility import invisibility
from rbench.benchmark.scenarios.pretrained.metrics.accuracy import per_user_accuracy
from rbench.benchmark.scenarios.pretrained.metrics.detection import detection_chance, detection_metrics
from rbench.benchmark.scenarios.pretrained.metrics.exposure import per_user_chance, per_user_exposure
from rbench.benchmark.scenarios.pretrained.metrics.floors import difference, floors_of
from rbench.benchmark.scenarios.pretrained.metrics.measure import METRICS, chance, measure, user_tests
from rbench.core.detection import Detection
from rbench.core.topk import TopK

# Table 1: dataset and model, target users' H@5 N@5 H@10 N@10, the others', λ as printed
TABLE_1 = [
    ("CIKM Clean", (0.002, 0.001, 0.004, 0.002), (0.002, 0.002, 0.004, 0.002), 0.9),
    ("CIKM BRA", (0.755, 0.388, 1.798, 0.72), (0.234, 0.116, 0.610, 0.236), 3.1),
    ("CIKM PEA direct", (1.437, 0.786, 3.056, 1.302), (0.072, 0.037, 0.017, 0.0), 44.6),
    ("CIKM BRA ft", (0.033, 0.016, 0.106, 0.040), (0.016, 0.008, 0.047, 0.018), 2.1),
    ("CIKM PEA pt", (0.725, 0.393, 1.586, 0.667), (0.064, 0.034, 0.151, 0.061), 11.1),
    ("AliEC Clean", (0.009, 0.006, 0.016, 0.008), (0.007, 0.004, 0.014, 0.006), 1.3),
    ("AliEC BRA", (0.272, 0.148, 0.671, 0.269), (0.114, 0.057, 0.288, 0.113), 2.4),
    ("AliEC PEA direct", (1.649, 0.972, 3.303, 1.499), (0.033, 0.018, 0.067, 0.029), 51.2),
    ("AliEC BRA ft", (0.272, 0.144, 0.660, 0.267), (0.112, 0.051, 0.284, 0.111), 2.5),
    ("AliEC PEA pt", (0.597, 0.335, 1.267, 0.548), (0.055, 0.031, 0.116, 0.050), 10.8),
]


def ranking(lists, held_out=None, candidates=None):
    """Make a TopK of plain lists."""
    items = np.array(lists, np.int32)
    users = len(items)
    rank = np.array(held_out or [1] * users, np.int32)
    return TopK(items, rank, np.full(users, candidates or items.shape[1], np.int32))


@st.composite
def rankings(draw):
    """Draw a TopK of 12 places, short lists padded with zeros, and some targets."""
    n_items = draw(st.integers(3, 40))
    users = draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    items = np.zeros((users, 12), np.int32)
    candidates = rng.integers(1, n_items + 1, users)
    for user, c in enumerate(candidates):
        n = min(12, c)
        items[user, :n] = rng.permutation(n_items)[:n] + 1
    rank = np.array([rng.integers(1, c + 1) for c in candidates], np.int32)
    targets = np.sort(rng.permutation(n_items)[: draw(st.integers(1, n_items))] + 1)
    return TopK(items, rank, candidates.astype(np.int32)), targets


def slow_exposure(topk, targets):
    """Compute exposure pair by pair, as a reader of the definition would."""
    result = {}
    for n in (5, 10):
        hit = np.zeros((len(topk.items), len(targets)))
        gain = np.zeros_like(hit)
        for user, listed in enumerate(topk.items.tolist()):
            for k, target in enumerate(targets.tolist()):
                if target in listed[:n]:
                    hit[user, k] = 1
                    gain[user, k] = 1 / math.log2(listed.index(target) + 2)
        result[f"HIT@{n}"] = 100 * hit.mean(axis=1)
        result[f"NDCG@{n}"] = 100 * gain.mean(axis=1)
        result[f"slot_share@{n}"] = 100 * hit.sum(axis=1) / n
    return result


@settings(max_examples=150, deadline=None)
@given(rankings())
def test_exposure_equals_the_slow_loop(drawn):
    topk, targets = drawn
    fast, slow = per_user_exposure(topk, targets), slow_exposure(topk, targets)
    assert set(fast) == set(slow)
    for name, expected in slow.items():
        np.testing.assert_allclose(fast[name], expected, rtol=1e-12, err_msg=name)


@settings(max_examples=100, deadline=None)
@given(rankings())
def test_exposure_has_its_ceiling_and_grows_with_n(drawn):
    topk, targets = drawn
    found = per_user_exposure(topk, targets)
    for n in (5, 10):
        assert (found[f"HIT@{n}"] <= 100 * min(n, len(targets)) / len(targets) + 1e-9).all()
        assert (found[f"NDCG@{n}"] <= found[f"HIT@{n}"] + 1e-9).all()
        assert (found[f"slot_share@{n}"] <= 100).all()
    assert (found["HIT@5"] <= found["HIT@10"]).all() and (found["NDCG@5"] <= found["NDCG@10"] + 1e-12).all()


def test_exposure_by_hand():
    topk = ranking([[1, 9, 8, 7, 6, 2, 5, 4, 3, 10], [9, 8, 7, 6, 5, 4, 3, 10, 11, 12]], candidates=20)
    found = per_user_exposure(topk, np.array([1, 2]))
    np.testing.assert_allclose(found["HIT@5"], [50, 0])
    np.testing.assert_allclose(found["HIT@10"], [100, 0])
    np.testing.assert_allclose(found["NDCG@10"], [50 * (1 + 1 / math.log2(7)), 0])
    np.testing.assert_allclose(found["slot_share@5"], [20, 0])


def test_paper_ceilings_with_300_targets():
    topk = ranking([list(range(1, 11))], candidates=1000)
    found = {name: float(v[0]) for name, v in per_user_exposure(topk, np.arange(1, 301)).items()}
    expected = {"HIT@5": 1.667, "HIT@10": 3.333, "NDCG@5": 0.983, "NDCG@10": 1.515}
    assert {name: round(found[name], 3) for name in expected} == expected


@pytest.mark.parametrize("targets", [[], [0, 1], [1, 1]])
def test_impossible_targets_are_refused(targets):
    with pytest.raises(ValueError, match="targets"):
        per_user_exposure(ranking([[1, 2, 3, 4, 5]]), np.array(targets, np.int32))


def test_accuracy_is_scikit_learns_ndcg():
    rng = np.random.default_rng(0)
    scores = rng.random((30, 25))
    truth = np.eye(25)[rng.integers(0, 25, 30)]
    own = (scores * truth).sum(axis=1, keepdims=True)
    topk = ranking(np.argsort(-scores)[:, :12] + 1, ((scores > own).sum(axis=1) + 1).tolist(), 25)
    found = per_user_accuracy(topk)
    for n in (5, 10):
        assert found[f"accuracy NDCG@{n}"].mean() == pytest.approx(ndcg_score(truth, scores, k=n))
    assert found["HR@5"].mean() == np.mean((scores > own).sum(axis=1) < 5)


@pytest.mark.parametrize(("name", "target", "other", "printed"), TABLE_1)
def test_lambda_is_the_papers(name, target, other, printed):
    found = invisibility(target, other)
    if name == "CIKM PEA direct":  # H@10 below H@5 and an N@10 of nothing: garbled in print
        assert found == math.inf
    else:
        low = invisibility([a - 0.0005 for a in target], [b + 0.0005 for b in other])
        high = invisibility([a + 0.0005 for a in target], [b - 0.0005 for b in other])
        assert low - 0.05 <= printed <= high + 0.05, "what rounding to three decimals leaves open"
        assert abs(found - printed) < (0.09 if name == "AliEC PEA pt" else 0.0501)


def test_lambda_without_hits_is_one_and_the_guard_pulls_towards_one():
    floors = floors_of(30, 10, 5)
    assert floors == pytest.approx([2, 2 / math.log2(6), 2, 2 / math.log2(11)])
    assert invisibility([0] * 4, [0] * 4, floors) == 1
    assert invisibility([50, 30, 60, 35], [0] * 4, floors) < math.inf == invisibility([50, 30, 60, 35], [0] * 4)
    assert 0 < invisibility([0] * 4, [50, 30, 60, 35], floors) < 1
    assert invisibility([4] * 4, [2] * 4, floors) == 2
    assert math.isnan(invisibility([0] * 4, [0] * 4))
    assert difference([4, 3, 2, 1], [1, 1, 1, 1]) == 1.5


def test_measure_by_audience():
    rows = [[1, 9, 8, 7, 6, 2, 5, 4, 3, 10], [9, 8, 7, 6, 5, 1, 4, 3, 10, 11], [9, 8, 7, 6, 5, 4, 3, 10, 11, 12]]
    found = measure(ranking(rows, [1, 6, 11], 20), np.array([1, 2]), np.array([True, False, False]))
    assert found["target"]["HIT@5"] == 50 and found["non-target"]["HIT@5"] == 0
    assert found["non-target"]["HIT@10"] == 25 and found["all"]["HIT@10"] == 50
    assert found["all"]["HR@10"] == pytest.approx(2 / 3) and found["non-target"]["HR@10"] == 0.5
    # two pairs in the smaller audience: the floor of HIT is 50, and the others' 25 is below it
    expected = [1, 1 / (1 / math.log2(6)), 2, (1 + 1 / math.log2(7)) / (1 / math.log2(11))]
    expected[3] = 50 * (1 + 1 / math.log2(7)) / max(25 / math.log2(7), 50 / math.log2(11))
    assert found["all"]["lambda"] == pytest.approx(np.mean(expected))
    named = {metric for metrics in found.values() for metric in metrics}
    assert named <= set(METRICS)


def test_an_empty_audience_has_no_numbers():
    found = measure(ranking([list(range(1, 11))]), np.array([1]), np.array([True]))
    assert found["non-target"]["HIT@5"] is None and found["all"]["lambda"] is None
    assert found["target"]["HIT@5"] == 100


def test_chance_is_what_random_rankings_give():
    rng = np.random.default_rng(3)
    users, n_items = 4000, 30
    lists = np.argsort(rng.random((users, n_items)))[:, :10] + 1
    topk = ranking(lists, rng.integers(1, n_items + 1, users).tolist(), n_items)
    mask = rng.random(users) < 0.5
    targets = np.array([3, 7, 20, 29])
    found, expected = measure(topk, targets, mask), chance(topk, len(targets), mask)
    for audience, metrics in expected.items():
        assert set(metrics) == set(found[audience])
        for name, value in metrics.items():
            if name != "lambda_difference":
                assert found[audience][name] == pytest.approx(value, rel=0.1), (audience, name)
    assert expected["all"]["HIT@5"] == pytest.approx(100 * 5 / 30) and expected["all"]["lambda"] == pytest.approx(1)


def test_chance_with_fewer_candidates_than_places():
    found = per_user_chance(ranking([[1, 2, 3, 0, 0, 0, 0, 0, 0, 0]], candidates=3), 2)
    assert found["HIT@5"] == found["HIT@10"] == [100]
    assert found["slot_share@5"] == [40]
    assert found["NDCG@5"] == pytest.approx([100 * (1 + 1 / math.log2(3) + 1 / 2) / 3])


def test_lists_of_a_hundred_give_every_length():
    found = per_user_exposure(ranking([list(range(1, 101))]), np.array([50, 51, 100]))
    assert {name: value.item() for name, value in found.items() if name.startswith("slot_share")} == {
        "slot_share@5": 0,
        "slot_share@10": 0,
        "slot_share@20": 0,
        "slot_share@50": 2,
        "slot_share@100": 3,
    }


def test_users_tests_are_scipys_and_refuse_without_variation():
    rng = np.random.default_rng(1)
    ours, clean = (ranking(np.argsort(rng.random((50, 20)))[:, :10] + 1, candidates=20) for _ in range(2))
    targets, mask = np.array([1, 2, 3]), np.arange(50) < 20
    found = user_tests(ours, clean, targets, mask)
    a, b = (per_user_exposure(x, targets)["HIT@10"][mask] for x in (ours, clean))
    expected = stats.ttest_rel(a, b)
    test = found["target"]["HIT@10"]
    assert (test["n"], test["p"], test["t"]) == (20, pytest.approx(expected.pvalue), pytest.approx(expected.statistic))
    assert test["mean_difference"] == pytest.approx(np.mean(a - b))
    assert found["all"]["HR@5"] == {"n": 50, "mean_difference": 0.0, "t": None, "p": None}
    with pytest.raises(ValueError, match="different users"):
        user_tests(ours, ranking([[1, 2, 3, 4, 5]]), targets, mask)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 40), st.booleans())
def test_detection_is_scikit_learns(seed, n_items, tied):
    rng = np.random.default_rng(seed)
    truth = rng.random(n_items) < 0.3
    truth[0] = True
    scores = rng.integers(0, 4, n_items).astype(float) if tied else rng.normal(size=n_items)
    flagged = rng.random(n_items) < 0.4
    detection = Detection(np.append(99.0, scores), np.append(True, flagged))  # padding is not to count
    found = detection_metrics(detection, np.flatnonzero(truth) + 1)
    p, r, f, _ = precision_recall_fscore_support(truth, flagged, average="binary", zero_division=0)
    assert (found["precision"], found["recall"], found["F1"]) == pytest.approx((p, r, f))
    assert found["average precision"] == pytest.approx(average_precision_score(truth, scores))
    assert found["flagged"] == flagged.sum()


def test_nothing_flagged_is_zero_and_scores_must_be_numbers():
    found = detection_metrics(Detection(np.zeros(4), np.zeros(4, bool)), np.array([1]))
    assert (found["precision"], found["recall"], found["F1"], found["flagged"]) == (0, 0, 0, 0)
    with pytest.raises(ValueError, match="numbers"):
        detection_metrics(Detection(np.array([0, math.nan]), np.zeros(2, bool)), np.array([1]))


def test_detection_chance_is_the_mean_over_all_orders():
    from itertools import permutations

    orders = [average_precision_score([1, 1, 0, 0, 0], order) for order in permutations(range(5))]
    assert detection_chance(5, 2) == pytest.approx({"precision": 0.4, "average precision": np.mean(orders)})
