"""What repairs do to a model, against numbers worked out by hand and each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from torch import Tensor

from rbench.core.config import configure
from rbench.core.detection import Detection
from rbench.core.errors import UserError
from rbench.core.interactions import Interactions
from rbench.core.pretrained import Pretrained
from rbench.core.seeds import derive
from rbench.defenses import Deployed, Flagged, Handed, registry
from rbench.defenses.pretrained.common.inspection import Inspection
from rbench.defenses.pretrained.common.residuals import usual
from rbench.defenses.repairs.common.suspects import suspects
from rbench.defenses.repairs.reestimate import reestimated
from rbench.models import Model
from rbench.models.bert4rec import BERT4Rec
from rbench.models.sasrec import SASRecConfig
from rbench.models.sequential.layers.transformer import Transformer
from rbench.testing import small_data

Make = Callable[..., Deployed]


def repaired(name: str, platform: Handed, **options: object) -> tuple[Pretrained, dict[str, Any]]:
    cls: Any = registry.get(name)
    found: tuple[Pretrained, dict[str, Any]] = cls(configure(cls.Config, options, name)).repair(platform)
    return found


def same(one: Pretrained, other: Pretrained) -> bool:
    return all(np.array_equal(one.weights[name], value) for name, value in other.weights.items())


def log(sequences: list[list[int]], categories: list[int]) -> Interactions:
    return Interactions(
        name="log",
        items=np.concatenate(sequences).astype(np.int32),
        offsets=np.cumsum([0, *map(len, sequences)]),
        categories=np.array([0, *categories], np.int32),
        category_names=("a", "b"),
        attributes={},
        user_ids=tuple(map(str, range(len(sequences)))),
        item_ids=tuple(map(str, range(len(categories)))),
    )


def test_an_item_is_placed_among_its_neighbours_and_its_like() -> None:
    """Item 1, which nobody has, becomes the mean of unseen items of its category. Item 2 has two interactions."""
    data = log([[2, 3, 4], [2, 3], [3, 4]], [1, 1, 1, 1, 1, 1, 1, 2])
    table = np.random.default_rng(0).standard_normal((9, 4)).astype(np.float32)
    made = reestimated(table, data, np.array([1, 2]), prior=10)
    np.testing.assert_allclose(made[1], table[[5, 6, 7]].mean(0), rtol=1e-5)
    # Beside item 2 are item 3, of popularity 3, twice, and item 4, of popularity 2, once.
    near = (2 / 3 * table[3] + 1 / 2 * table[4]) / (2 / 3 + 1 / 2)
    # No three items are of its stratum, so that all that are not flagged count.
    base = table[3:].mean(0)
    np.testing.assert_allclose(made[2], (2 * near + 10 * base) / 12, rtol=1e-5)
    np.testing.assert_array_equal(made[[0, *range(3, 9)]], table[[0, *range(3, 9)]])


def test_rows_of_flagged_items_are_forgotten() -> None:
    data = log([[2, 3, 4], [2, 3], [3, 4]], [1, 1, 1, 1, 1, 1, 1, 2])
    table = np.random.default_rng(0).standard_normal((9, 4)).astype(np.float32)
    other = table.copy()
    other[[1, 2]] = 1e6
    chosen = np.array([1, 2])
    np.testing.assert_array_equal(
        reestimated(table, data, chosen, 10)[chosen], reestimated(other, data, chosen, 10)[chosen]
    )


def test_clipped_items_score_what_is_usual_for_the_average_user(platform: Make) -> None:
    before = Inspection(platform())
    chosen = suspects(platform(), before, "combined")
    assert set(small_data.targets().items) <= set(chosen)
    model, told = repaired("clip-alignment", platform())
    assert told == {"mended": len(chosen)}
    values, was = Inspection(platform(model)).own_scores, before.own_scores
    centre, scale = usual(was, before.popularity)
    lifted = chosen[was[chosen] > centre[chosen] + 3.5 * scale[chosen]]
    assert len(lifted)
    # Deviations of scores change with the items that are mended; so not to the last digit.
    assert (values[lifted] < centre[lifted] + 1.5 * scale[lifted]).all()


@pytest.mark.parametrize("name", ["clip-alignment", "reestimate"])
def test_only_flagged_items_change(name: str, platform: Make) -> None:
    handed = platform().pretrained
    model, told = repaired(name, platform())
    changed = {key for key, value in model.weights.items() if not np.array_equal(value, handed.weights[key])}
    assert changed == {"item_embedding.weight"}
    rows = np.flatnonzero((model.weights["item_embedding.weight"] != handed.weights["item_embedding.weight"]).any(1))
    flagged = suspects(platform(), Inspection(platform()), "combined")
    assert set(rows) <= set(flagged) and told["mended"] == len(flagged)


@pytest.mark.parametrize("name", ["clip-alignment", "reestimate"])
def test_a_model_without_suspects_stays_as_it_is(name: str, platform: Make) -> None:
    """Nothing is flagged where groups alone are looked at."""
    model, told = repaired(name, platform(), detector="group-contrast")
    assert told == {"mended": 0} and same(model, platform().pretrained)


class Rescaled(Transformer):
    """Its scores are no products with the item table."""

    def scores(self, items: Tensor, lengths: Tensor, prompt: Tensor | None = None) -> Tensor:
        return super().scores(items, lengths, prompt).pow(3)


class OwnScores(Model[SASRecConfig]):
    """A model that scores in its own way."""

    name = "own-scores"

    @classmethod
    def build(cls, config: SASRecConfig, n_items: int) -> Rescaled:
        return Rescaled(n_items, **vars(config))


def test_biases_of_items_are_made_anew_like_a_table_of_one_column() -> None:
    data = log([[2, 3, 4], [2, 3], [3, 4]], [1, 1, 1, 1, 1, 1, 1, 2])
    biases = np.random.default_rng(0).standard_normal(9).astype(np.float32)
    made = reestimated(biases, data, np.array([1, 2]), prior=10)
    assert made[1] == pytest.approx(biases[[5, 6, 7]].mean(), rel=1e-5)
    np.testing.assert_array_equal(made, reestimated(biases[:, None], data, np.array([1, 2]), prior=10)[:, 0])


def test_a_flagged_items_bias_is_forgotten_with_its_embedding(platform: Make) -> None:
    """BERT4Rec adds a bias to each item's score, which can promote an item whatever its embedding is."""
    victim = replace(small_data.victim(epochs=1), model=BERT4Rec, config=BERT4Rec.Config(max_length=20, hidden_size=16))
    data = platform().data
    model, _ = victim.train(data, victim.schedules["train"], 0)
    biases = np.zeros(data.n_items + 1, np.float32)
    biases[5] = 50.0
    planted = Pretrained({**model.weights, "output_bias": biases}, None, model.card)
    marked = Detection(biases, biases > 0)
    handed = replace(platform(), victim=victim, pretrained=planted, inputs={Flagged: marked})
    before, after = victim.rank(planted, data), victim.rank(repaired("reestimate", handed)[0], data)
    assert (before.items[:, 0] == 5).mean() > 0.8
    assert (after.items[:, 0] == 5).mean() < 0.1


@pytest.mark.parametrize("name", ["clip-alignment", "nad"])
def test_models_with_scores_of_their_own_are_refused(name: str, platform: Make) -> None:
    handed = replace(platform(), victim=replace(small_data.victim(epochs=1), model=OwnScores))
    with pytest.raises(UserError, match="own-scores: scores are not products"):
        repaired(name, handed)


def test_fast_fine_tuning_is_fine_tuning_at_that_many_times_the_rate(platform: Make) -> None:
    handed = platform(prompts=True)
    schedule = handed.victim.schedules["finetune"]
    tuned, _ = handed.victim.train(
        handed.data,
        replace(schedule, lr=schedule.lr * 3),
        handed.seed,
        start=handed.pretrained,
        prompt="given",
        learn=("model", "prompt"),
    )
    model, _ = repaired("fast-ft", handed, speed=3)
    assert same(model, tuned) and not same(model, handed.pretrained)
    assert model.prompt is not None and tuned.prompt is not None
    assert all(np.array_equal(model.prompt[name], value) for name, value in tuned.prompt.items())


def test_wise_ft_lies_between_the_model_and_its_fine_tuned_copy(platform: Make) -> None:
    handed = platform(prompts=True)
    tuned, _ = repaired("fast-ft", handed, speed=2)
    assert same(repaired("wise-ft", handed, speed=2, share=1)[0], tuned)
    assert same(repaired("wise-ft", handed, speed=2, share=0)[0], handed.pretrained)
    quarter, _ = repaired("wise-ft", handed, speed=2, share=0.25)
    for part in ("weights", "prompt"):
        given, other, made = (getattr(model, part) for model in (handed.pretrained, tuned, quarter))
        for name in given:
            np.testing.assert_allclose(made[name], 0.75 * given[name] + 0.25 * other[name], rtol=1e-4, atol=1e-6)


def test_distillation_without_weight_is_fine_tuning_and_with_weight_comes_nearer_to_the_teacher(
    platform: Make,
) -> None:
    handed = replace(platform(), victim=small_data.victim(epochs=4, eval_every=4))
    data = handed.data.drop_last(1)
    teacher, _ = repaired("fast-ft", handed, speed=2)
    other_draws, _ = repaired("fast-ft", replace(handed, seed=derive(handed.seed, "student")), speed=2)
    plain, _ = repaired("nad", handed, speed=2, weight=0)
    assert same(plain, other_draws) and not same(plain, teacher)

    def directions(model: Pretrained) -> np.ndarray:
        states = handed.victim.open(model, data).states(data)
        return states / np.linalg.norm(states, axis=1, keepdims=True)

    drawn, _ = repaired("nad", handed, speed=2, weight=5.0)
    near, far = (((directions(m) - directions(teacher)) ** 2).sum(1).mean() for m in (drawn, plain))
    assert near < 0.8 * far
