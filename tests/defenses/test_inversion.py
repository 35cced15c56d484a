"""The vectors that inversion finds, against the smallest ones in closed form and against the model itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rbench.defenses import Deployed
from rbench.defenses.pretrained.common.inspection import Inspection
from rbench.defenses.pretrained.common.residuals import residual_z
from rbench.defenses.pretrained.inversion import Inversion, InversionConfig, smallest
from rbench.testing import small_data

from .last_item import opened, users

Make = Callable[..., Deployed]


def test_the_norm_comes_near_the_smallest_and_never_below() -> None:
    """After item 1, item 2 leads item 3 by 2, and (e_3 - e_2).s must make up for it: at least 2 / |e_3 - e_2|."""
    model = opened([[0, 0], [1, 0], [3, 0], [1, 2]])
    unit = np.sqrt((1 + 9 + 5) / 3)
    smallest_possible = 2 / np.sqrt(8) / unit
    config = InversionConfig(top=1, level=1, steps=300, rate=0.02)
    found = smallest(model, users([[2, 1]], 3), np.array([2, 3]), config)
    assert found[0] < 1e-5, "item 2 leads anyway"
    assert smallest_possible <= found[1] < 1.2 * smallest_possible


def test_most_users_are_as_many_as_the_level_says() -> None:
    """Two of three users would need a vector for item 3; with a level of one third none is needed."""
    model = opened([[0, 0], [1, 0], [3, 0], [1, 2]])
    people = users([[3], [1], [1]], 3)
    first, all_of_them = (
        smallest(model, people, np.array([3]), InversionConfig(top=1, level=level, steps=100))[0]
        for level in (1 / 3, 1)
    )
    assert first < 1e-5 and all_of_them > 0.1


def test_what_is_never_reached_counts_as_far_as_was_tried() -> None:
    """Item 3 is the mean of items 1 and 2, and cannot lead both."""
    model = opened([[0, 0], [2, 0], [0, 2], [1, 1]])
    tried = [InversionConfig(top=1, level=1, steps=steps) for steps in (1, 3, 30)]
    found = [float(smallest(model, users([[1]], 3), np.array([3]), config)[0]) for config in tried]
    assert found[0] < 1e-5 < found[1] < found[2] < 10


def test_items_are_searched_together_as_each_alone(platform: Make) -> None:
    look = Inspection(platform(prompts=True))
    people, config = look.users.take(np.arange(5)).keep_last(6), InversionConfig(steps=10)
    items = np.array([3, 40, 77])
    together = smallest(look.model, people, items, config)
    alone = [smallest(look.model, people, items[i : i + 1], config)[0] for i in range(3)]
    np.testing.assert_allclose(together, alone, rtol=1e-3)


def test_the_last_items_are_kept() -> None:
    kept = users([[1, 2, 3], [4]], 5).keep_last(2)
    assert [kept.of(user).tolist() for user in range(2)] == [[2, 3], [4]]


def test_only_items_that_were_searched_get_a_score(platform: Make) -> None:
    look = Inspection(platform())
    config = InversionConfig(highest=6, drawn=10, steps=5)
    found = Inversion(config).outliers(look)
    assert (found.z != 0).sum() <= 16 and not found.z[0] and np.isfinite(found.z).all()
    highest = 1 + np.argsort(-look.own_scores[1:], kind="stable")[:6]
    assert (found.z[highest] != 0).any()
    everything = Inversion(InversionConfig(highest=1000, steps=5)).outliers(look)
    assert (everything.z[1:] != 0).mean() > 0.9


def test_short_vectors_are_suspect_given_popularity(platform: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Norms are set here: a tenth of the usual one for item 5, and for item 6, which many have, too."""
    from rbench.defenses.pretrained import inversion

    def norms(model: Any, people: Any, items: np.ndarray, config: Any) -> np.ndarray:
        usual = 1 + np.random.default_rng(0).random(81)[items] / 10
        return np.where(np.isin(items, (5, 6)), 0.1, usual)

    monkeypatch.setattr(inversion, "smallest", norms)
    look = Inspection(platform())
    look.popularity = np.where(np.arange(81) % 2, 1, 50)
    found = Inversion(InversionConfig(highest=80)).outliers(look)
    assert set(np.flatnonzero(found.detection.flagged)) == {5, 6}
    values = np.append(0, -np.log(norms(None, None, np.arange(1, 81), None)))
    np.testing.assert_allclose(found.z, residual_z(values, look.popularity), rtol=1e-6, atol=1e-9)


def test_targets_of_a_planted_model_need_shorter_vectors(platform: Make) -> None:
    targets = small_data.targets().items
    found = Inversion(InversionConfig(drawn=1000, steps=25)).outliers(Inspection(platform())).z
    assert found[targets].min() > np.delete(found, targets)[1:].max()
