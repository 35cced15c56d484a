"""The synthetic data follow their rule, and the best hit rate is the one they say."""

from __future__ import annotations

import numpy as np
import pytest

from rbench import datasets
from rbench.benchmark.scenarios.pretrained.protocol.partition import split_users
from rbench.core.errors import UserError
from rbench.core.interactions import Interactions
from rbench.datasets.checkerboard import CheckerboardConfig, best_hit_rate


def load(**options: object) -> Interactions:
    spec = datasets.resolve("checkerboard")
    return spec.open(spec.configure(options)).load()


def ranks_of_last(data: Interactions, size: int) -> list[int]:
    """Rank the last item as one who knows the rule would: unseen items of the colour, along the cycle."""
    ranks = []
    for u in range(data.n_users):
        names = [data.item_ids[i - 1] for i in data.of(u)]
        colour = names[0].split("-")[0]
        *seen, last = (int(n.split("-")[1]) for n in names)
        ahead = [(seen[-1] + step) % size for step in range(1, size)]
        assert {n.split("-")[0] for n in names} == {colour}
        ranks.append([i for i in ahead if i not in seen].index(last) + 1)
    return ranks


def test_without_noise_the_rule_is_always_right() -> None:
    assert set(ranks_of_last(load(noise=0), 40)) == {1}


@pytest.mark.parametrize("k", [1, 5])
def test_best_hit_rate(k: int) -> None:
    options = {"users": 4000, "noise": 0.5}
    ranks = np.array(ranks_of_last(load(**options), 40))
    expected = best_hit_rate(CheckerboardConfig(users=4000, noise=0.5), k)
    assert abs((ranks <= k).mean() - expected) < 4 * np.sqrt(expected * (1 - expected) / 4000)


def test_best_hit_rate_by_hand() -> None:
    # Five items a colour and length three: three unseen items before the last step.
    config = CheckerboardConfig(items=10, shortest=3, longest=3, noise=0.3)
    assert best_hit_rate(config, 1) == pytest.approx(0.7 + 0.1)
    assert best_hit_rate(config, 2) == pytest.approx(0.7 + 0.2)
    assert best_hit_rate(config, 9) == pytest.approx(1.0)


def test_nobody_meets_an_item_twice_and_both_rules_share_users_out() -> None:
    data = load()
    assert (data.n_users, data.n_items) == (400, 80)
    assert all(len(set(data.of(u).tolist())) == len(data.of(u)) for u in range(data.n_users))
    assert data.lengths.min() == 6 and data.lengths.max() <= 32
    for rule in ("quantile:0.3", "max_interactions:10"):
        assert 100 <= split_users(data, rule).platform.n_users <= 200


def test_colour_decides_items_and_gender_does_not() -> None:
    data = load(colours=4, longest=15)
    colour, gender = data.attributes["colour"], data.attributes["gender"]
    assert colour.values == data.category_names == ("black", "white", "red", "green")
    assert (data.categories[data.items] == colour.codes[data.users]).all()
    assert abs(np.corrcoef(colour.codes, gender.codes)[0, 1]) < 0.2


def test_the_seed_decides_and_who_is_attacked_does_not() -> None:
    one = load()
    assert np.array_equal(one.items, load(audience="colour:black", platform="max_interactions:9").items)
    assert one.info == load(audience="colour:black").info
    other = load(seed=1)
    assert not np.array_equal(one.offsets, other.offsets)


@pytest.mark.parametrize(
    "options",
    [
        {"items": 81},
        {"colours": 1},
        {"longest": 40},
        {"shortest": 2},
        {"shortest": 9, "longest": 8},
        {"noise": 1.5},
        {"users": 3},
        {"buckets": "colour:2"},
    ],
)
def test_sizes_that_do_not_fit(options: dict[str, object]) -> None:
    with pytest.raises(UserError, match="checkerboard[:.].*" + next(iter(options))):
        load(**options)
