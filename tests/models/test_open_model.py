"""What an opened model says: the scores that rankings come from, after every position, under any prompts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from torch import Tensor

from rbench.core.errors import UserError
from rbench.core.interactions import Interactions
from rbench.core.pretrained import Pretrained
from rbench.models import Model
from rbench.models.gru4rec import GRU4Rec, GRU4RecConfig
from rbench.models.prefixes.caser import Caser, CaserConfig
from rbench.models.prefixes.narm import NARM, NARMConfig
from rbench.models.sasrec import SASRec, SASRecConfig
from rbench.models.sequential import open_model
from rbench.models.sequential.layers.transformer import Transformer
from rbench.models.sequential.open_model import OpenModel
from rbench.models.sequential.settings import PromptConfig, RankConfig, Schedule
from rbench.models.sequential.victim import Victim

LENGTH = 7
"""Shorter than the longest history."""
WIDTH = 8


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


CASES: dict[str, tuple[type[Model], Any]] = {
    "sasrec": (SASRec, SASRecConfig(hidden_size=WIDTH, inner_size=WIDTH, max_length=LENGTH)),
    "gru4rec": (GRU4Rec, GRU4RecConfig(embedding_size=WIDTH, hidden_size=12, max_length=LENGTH)),
    "narm": (NARM, NARMConfig(embedding_size=WIDTH, hidden_size=12, max_length=LENGTH)),
    "caser": (Caser, CaserConfig(embedding_size=WIDTH, max_length=LENGTH)),
    "own scores": (OwnScores, SASRecConfig(hidden_size=WIDTH, inner_size=WIDTH, max_length=LENGTH)),
}


@pytest.fixture(scope="module")
def made(board: Interactions) -> Any:
    """Train for an epoch, with prompts where the model takes them."""

    def made(name: str, deep: bool = False) -> tuple[Victim, Pretrained, OpenModel]:
        model, config = CASES[name]
        schedule = Schedule(epochs=1, lr=0.05, batch_size=16)
        victim = Victim(model, config, {"train": schedule}, PromptConfig(tokens=2, deep=deep), RankConfig())
        prompt: Any = "fresh" if model.takes_prompts else "none"
        pretrained, _ = victim.train(board, schedule, 3, prompt=prompt, learn=("model", "prompt"))
        return victim, pretrained, victim.open(pretrained, board)

    return made


def whole(model: OpenModel, histories: Interactions, prompt: Any = "own") -> np.ndarray:
    return np.concatenate(list(model.scores(histories, prompt)))


@pytest.mark.parametrize("name", CASES)
def test_scores_are_those_that_rankings_come_from(name: str, made: Any, board: Interactions) -> None:
    victim, pretrained, model = made(name)
    histories = board.drop_last(1)
    scores = whole(model, histories)
    assert scores.shape == (board.n_users, board.n_items + 1) and scores.dtype == np.float32
    ranking = victim.rank(pretrained, board)
    for user in range(0, board.n_users, 7):
        seen = set(histories.of(user)) - {board.of(user)[-1]}
        order = sorted(set(range(1, board.n_items + 1)) - seen, key=lambda item: -scores[user, item])
        found = ranking.items[user][: len(order)]
        np.testing.assert_allclose(scores[user, found], scores[user, order], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("prompt", ["own", "none"])
def test_scores_along_a_history_are_those_of_its_prefixes(
    name: str, prompt: Any, made: Any, board: Interactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_model, "SCORES", 5 * (board.n_items + 1))  # so that blocks end anywhere
    _, _, model = made(name)
    data = board.take(np.arange(12))
    users, read, scores = map(np.concatenate, zip(*model.scores_along(data, prompt), strict=True))
    lengths = data.lengths
    starts = np.maximum(lengths - LENGTH, 0)
    assert starts.any() and not starts.all()
    expected = [(user, n) for user in range(12) for n in range(starts[user] + 1, lengths[user] + 1)]
    assert list(zip(users, read, strict=True)) == expected
    prefixes = replace(
        data.take(users),
        items=np.concatenate([data.of(u)[starts[u] : n] for u, n in expected]),
        offsets=np.cumsum([0, *(n - starts[u] for u, n in expected)]),
    )
    np.testing.assert_allclose(scores, whole(model, prefixes, prompt), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["sasrec", "gru4rec", "narm", "caser"])
def test_scores_are_products_where_it_says_so(name: str, made: Any, board: Interactions) -> None:
    _, _, model = made(name)
    assert model.scores_are_products
    products = model.states(board) @ model.table.T
    np.testing.assert_allclose(products[:, 1:], whole(model, board)[:, 1:], rtol=1e-4, atol=1e-5)


def test_a_model_with_scores_of_its_own_has_no_states(made: Any, board: Interactions) -> None:
    _, _, model = made("own scores")
    assert not model.scores_are_products
    for refused in (lambda: model.states(board), lambda: model.with_table(model.table)):
        with pytest.raises(UserError, match="own-scores: scores are not products"):
            refused()


def test_blocks_hold_no_more_scores_than_allowed(
    made: Any, board: Interactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, model = made("sasrec")
    at_once = whole(model, board)
    monkeypatch.setattr(open_model, "SCORES", 3 * (board.n_items + 1))
    blocks = list(model.scores(board))
    assert max(map(len, blocks)) == 3
    np.testing.assert_allclose(np.concatenate(blocks), at_once, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["sasrec", "gru4rec"])
def test_prompts_are_the_providers_none_or_ones_own(name: str, made: Any, board: Interactions) -> None:
    _, pretrained, model = made(name)
    own, none = whole(model, board), whole(model, board, "none")
    vector = np.random.default_rng(0).standard_normal(WIDTH).astype(np.float32)
    given = whole(model, board, vector)
    assert all(np.abs(a - b).max() > 1e-3 for a, b in ((own, none), (own, given), (none, given)))
    np.testing.assert_array_equal(given, whole(model, board, vector.reshape(1, 1, WIDTH)))
    bare = replace(model, pretrained=replace(pretrained, prompt=None), generator=None)
    np.testing.assert_array_equal(whole(bare, board), none)


def test_own_prompts_are_those_of_the_users_attributes(made: Any, board: Interactions) -> None:
    """The same history has other scores for a user of another attribute, and the same for one of the same."""
    _, _, model = made("sasrec")
    codes = np.stack([attribute.codes for attribute in board.attributes.values()])
    alike = (codes == codes[:, :1]).all(0)
    same, other = np.flatnonzero(alike)[1], np.flatnonzero(~alike)[0]
    users = board.take(np.array([0, same, other]))
    history = board.of(0)
    made_up = replace(users, items=np.tile(history, 3), offsets=np.arange(4) * len(history))
    one, two, three = whole(model, made_up)
    np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-6)
    assert np.abs(one - three).max() > 1e-3


def test_a_model_that_takes_no_prompts_refuses_them(made: Any, board: Interactions) -> None:
    _, _, model = made("caser")
    assert not model.takes_prompts
    with pytest.raises(UserError, match="caser takes no prompts"):
        next(model.scores(board, np.zeros(model.width, np.float32)))


def test_changed_weights_make_a_model_and_leave_the_one_handed_over(made: Any, board: Interactions) -> None:
    victim, pretrained, model = made("gru4rec")
    before = {name: value.copy() for name, value in pretrained.weights.items()}
    table = model.table
    table[5] = 100.0
    changed = model.with_table(table)
    np.testing.assert_array_equal(victim.open(changed, board).table, table)
    assert changed.prompt is pretrained.prompt and changed.card == pretrained.card
    others = set(before) - {"item_embedding.weight"}
    assert all(changed.weights[name] is pretrained.weights[name] for name in others)
    assert all((pretrained.weights[name] == value).all() for name, value in before.items())
    assert (model.table[5] != 100.0).all()
    for wrong in ({"nothing": table}, {"item_embedding.weight": table[1:]}):
        with pytest.raises(ValueError, match="has no weights"):
            model.with_weights(wrong)


def test_scores_that_are_not_finite_are_an_error(made: Any, board: Interactions) -> None:
    victim, _, model = made("sasrec")
    table = model.table
    table[4] = np.nan
    broken = victim.open(model.with_table(table), board)
    with pytest.raises(FloatingPointError):
        whole(broken, board)
    with pytest.raises(FloatingPointError):
        list(broken.scores_along(board))
