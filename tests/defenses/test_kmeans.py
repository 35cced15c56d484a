"""The K-means detector against exposure worked out by hand and scikit-learn itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from rbench.core.detection import Detection
from rbench.core.interactions import Interactions
from rbench.core.topk import TopK
from rbench.defenses import Deployed, Local, OwnModel
from rbench.defenses.pretrained.kmeans import KMeans, KMeansConfig, exposure

N_ITEMS, USERS = 300, 80
PLANTED = [17, 101, 256]


def topk(items: list[list[int]]) -> TopK:
    rows = np.array(items, np.int32)
    ones = np.ones(len(rows), np.int32)
    return TopK(rows, ones, ones)


def rankings(planted: list[int] = PLANTED) -> tuple[TopK, TopK]:
    """Two models with the same tastes and some noise; the first puts the planted items near the top for everybody."""
    rng = np.random.default_rng(4)
    taste = rng.normal(size=(USERS, N_ITEMS)) + rng.normal(size=N_ITEMS)
    made = []
    for promoted in (planted, []):
        scores = taste + 0.3 * rng.normal(size=taste.shape)
        scores[:, [i - 1 for i in promoted]] += 6
        made.append(topk((np.argsort(-scores, 1)[:, :100] + 1).tolist()))
    return made[0], made[1]


def platform(ranking: TopK, local: TopK, seed: int = 1, n_items: int = N_ITEMS) -> Deployed:
    data = Interactions(
        name="platform",
        items=np.ones(1, np.int32),
        offsets=np.array([0, 1]),
        categories=np.zeros(n_items + 1, np.int32),
        category_names=(),
        attributes={},
        user_ids=("1",),
        item_ids=tuple(map(str, range(n_items))),
    )
    nothing: Any = None
    given = {Local: OwnModel(nothing, local)}
    return Deployed(data, nothing, nothing, seed, nothing, "direct", ranking, inputs=given)


def detect(ranking: TopK, local: TopK, seed: int = 1, n_items: int = N_ITEMS, **options: Any) -> Detection:
    return KMeans(KMeansConfig(**options)).detect(platform(ranking, local, seed, n_items))


def test_exposure_by_hand() -> None:
    first = [1, 2, 3, 4, 5, 6, *[0] * 94]
    second = [6, *range(7, 16), *range(16, 56), 1, *range(60, 109)]
    found = exposure(topk([first, second]), 120)
    assert found.shape == (121, 4)
    expected = {1: [0.5, 0.5, 0.5, 1], 6: [0.5, 1, 1, 1], 7: [0.5] * 4, 11: [0, 0.5, 0.5, 0.5], 16: [0, 0, 0.5, 0.5]}
    expected |= {55: [0, 0, 0.5, 0.5], 60: [0, 0, 0, 0.5], 108: [0, 0, 0, 0.5], 109: [0] * 4, 120: [0] * 4}
    for item, shares in expected.items():
        assert found[item].tolist() == shares, item


def test_exposure_counts_loops_over_users() -> None:
    ranking, _ = rankings()
    found = exposure(ranking, N_ITEMS)
    rows = ranking.items.tolist()
    for item in (1, 17, 40, 256, 300):
        assert found[item].tolist() == [sum(item in row[:n] for row in rows) / USERS for n in (5, 10, 50, 100)]


def test_it_flags_the_planted_items() -> None:
    found = detect(*rankings())
    assert np.flatnonzero(found.flagged).tolist() == PLANTED
    assert sorted(np.argsort(-found.scores)[:3].tolist()) == PLANTED
    assert (found.flagged.dtype, found.scores.dtype) == (np.bool_, np.float64)
    assert found.flagged.shape == found.scores.shape == (N_ITEMS + 1,)


def test_padding_is_never_suspect() -> None:
    """It fills up short rankings, and would stand out if it were an item."""
    ranking, local = rankings()
    short = ranking.items.copy()
    short[:, 60:] = 0
    found = detect(topk(short.tolist()), local)
    assert not found.flagged[0] and found.scores[0] == 0
    assert np.flatnonzero(found.flagged).tolist() == PLANTED


def test_scores_rise_with_growth_and_part_at_zero() -> None:
    """Nearer to the suspect centre than to the other: exactly the flagged ones have a positive score."""
    found = detect(*rankings())
    assert ((found.scores > 0) == found.flagged).all()
    ranking, local = rankings()
    growth = (exposure(ranking, N_ITEMS) - exposure(local, N_ITEMS)).sum(1)[1:]
    order = np.argsort(growth)
    low, high = found.scores[1:][order[:30]].max(), found.scores[1:][order[-3:]].min()
    assert low < high


@pytest.mark.parametrize("seed", [1, 7, 2**40 + 3])
def test_it_is_scikit_learns_kmeans(seed: int) -> None:
    from sklearn.cluster import KMeans as Clusters

    ranking, local = rankings([*range(1, 121)])  # two clusters of like size
    found = detect(ranking, local, seed, restarts=3)
    growth = np.array(
        [
            [
                sum(item in row[:n] for row in ranking.items.tolist()) / USERS
                - sum(item in row[:n] for row in local.items.tolist()) / USERS
                for n in (5, 10, 50, 100)
            ]
            for item in range(1, N_ITEMS + 1)
        ]
    )
    theirs = Clusters(2, n_init=3, random_state=seed % 2**32).fit(growth)
    small = min((0, 1), key=theirs.labels_.tolist().count)
    assert 5 < theirs.labels_.tolist().count(small) < 150
    assert found.flagged[1:].tolist() == (theirs.labels_ == small).tolist()
    centres = theirs.cluster_centers_
    for item in (1, 100, 300):
        far, near = (np.linalg.norm(growth[item - 1] - centres[c]) for c in (1 - small, small))
        assert found.scores[item] == pytest.approx(far - near, abs=1e-6)


def test_which_cluster_is_flagged() -> None:
    """Seen the other way round, the few items lost exposure: the smaller cluster is no longer the one that gained."""
    attacked, local = rankings()
    smaller, larger_mean = (detect(local, attacked, flag=flag) for flag in ("smaller", "larger-mean"))
    assert np.flatnonzero(smaller.flagged).tolist() == PLANTED
    assert np.flatnonzero(~larger_mean.flagged).tolist() == [0, *PLANTED]
    np.testing.assert_allclose(larger_mean.scores, -smaller.scores)
    both = [detect(attacked, local, flag=flag).flagged.tolist() for flag in ("smaller", "larger-mean")]
    assert both[0] == both[1]


def test_the_same_seed_gives_the_same_bytes_and_no_global_state_is_read() -> None:
    found = []
    for world in (1, 2):
        np.random.seed(world)
        before = np.random.get_state()[1].tolist()
        found.append(detect(*rankings()))
        assert np.random.get_state()[1].tolist() == before
    assert found[0].scores.tobytes() == found[1].scores.tobytes()


def test_what_is_not_declared_is_not_given() -> None:
    detector = KMeans(KMeansConfig())
    assert detector.inputs == (Local(),)
    bare = replace(platform(*rankings()), inputs={})
    with pytest.raises(LookupError, match=r"Local is asked for and not declared: inputs = \(Local"):
        detector.detect(bare)


def test_no_restart_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="restarts=0 must be at least 1"):
        KMeansConfig(restarts=0)
