"""Full ranking against a slow one in plain Python, with scores that are small whole numbers and often tie."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from rbench.core.interactions import Interactions
from rbench.core.topk import TopK
from rbench.models.sequential import ranking
from rbench.models.sequential.encoder import SequenceEncoder
from rbench.models.sequential.ranking import rank

Build = Callable[..., Interactions]
N_ITEMS = 7
ARRAYS = ("items", "held_out_rank", "candidates")


class Sums(SequenceEncoder):
    """Encodes a position as the sum of the vectors up to it, with a prompt's token if there is one."""

    def __init__(self, max_length: int = 5, seed: int = 0) -> None:
        super().__init__()
        self.max_length = max_length
        rng = np.random.default_rng(seed)
        self.vectors = rng.integers(-1, 3, (N_ITEMS + 1, 2)).astype(np.float32)
        self.item_embedding = nn.Embedding.from_pretrained(torch.from_numpy(self.vectors))

    def encode(self, items: Tensor, prompt: Tensor | None = None) -> Tensor:
        assert items.shape[1] <= self.max_length and not self.training
        summed = self.item_embedding(items).cumsum(1)
        return summed if prompt is None else summed + prompt[:, 0]


class Codes(nn.Module):
    """A prompt generator whose token is the user's codes, so that the oracle can follow it."""

    def forward(self, attributes: Tensor) -> Tensor:
        return attributes.float()[:, None, None, :]


def oracle(
    encoder: Sums, history: Interactions, held_out: list[int], mask: bool, max_history: int, prompts: bool
) -> list[tuple[list[float], dict[int, float], int]]:
    """Per user: sorted scores, the score of every item that is ranked, and the held-out item's rank."""
    ranked = []
    for user, truth in enumerate(held_out):
        sequence = history.of(user).tolist()
        read = sequence[-min(encoder.max_length, max_history or encoder.max_length) :]
        hidden = [sum(float(encoder.vectors[i, d]) for i in read or [0]) for d in (0, 1)]
        if prompts:
            hidden = [h + int(a.codes[user]) for h, a in zip(hidden, history.attributes.values(), strict=True)]
        scores = {}
        for item in range(1, N_ITEMS + 1):
            if not mask or item == truth or item not in sequence:
                scores[item] = sum(h * float(encoder.vectors[item, d]) for d, h in enumerate(hidden))
        before = sum(s >= scores[truth] for i, s in scores.items() if i != truth)
        ranked.append((sorted(scores.values(), reverse=True), scores, before + 1))
    return ranked


@st.composite
def cases(draw: Any) -> dict[str, Any]:
    sequences = draw(st.lists(st.lists(st.integers(1, N_ITEMS), max_size=8), min_size=1, max_size=5))
    return {
        "sequences": sequences,
        "held_out": [draw(st.integers(1, N_ITEMS)) for _ in sequences],
        "k": draw(st.integers(1, 10)),
        "mask": draw(st.booleans()),
        "max_history": draw(st.integers(0, 6)),
        "seed": draw(st.integers(0, 9)),
        "prompts": draw(st.booleans()),
    }


@settings(deadline=None, max_examples=150)
@given(cases())
def test_rank_agrees_with_a_slow_one(build: Build, cases: dict[str, Any]) -> None:
    case = cases
    history, k = build(case["sequences"], N_ITEMS), case["k"]
    encoder = Sums(seed=case["seed"])
    held_out = np.array(case["held_out"], np.int32)
    generator: Any = Codes() if case["prompts"] else None
    found = rank(encoder, generator, history, held_out, k, case["mask"], case["max_history"])
    expected = oracle(encoder, history, case["held_out"], case["mask"], case["max_history"], case["prompts"])
    assert found.items.shape == (history.n_users, k)
    assert {getattr(found, name).dtype for name in ARRAYS} == {np.dtype(np.int32)}
    for user, (ordered, scores, place) in enumerate(expected):
        assert found.candidates[user] == len(scores)
        assert found.held_out_rank[user] == place
        items = [i for i in found.items[user].tolist() if i]
        assert found.items[user].tolist() == items + [0] * (k - len(items))
        assert len(set(items)) == len(items) == min(k, len(scores))
        assert [scores[i] for i in items] == ordered[:k]


@pytest.mark.parametrize(
    ("limit", "at", "users"), [("SCORES", 1, [1] * 60), ("SCORES", 800, [20] * 3), ("USERS", 25, [25, 25, 10])]
)
def test_chunks_give_the_same_as_one_piece(
    build: Build, transformer: Any, monkeypatch: pytest.MonkeyPatch, limit: str, at: int, users: list[int]
) -> None:
    rng = np.random.default_rng(3)
    history = build([rng.integers(1, 40, rng.integers(0, 15)).tolist() for _ in range(60)], 39)
    held_out = rng.integers(1, 40, 60)
    encoder = transformer(39)
    sizes: list[int] = []
    encode = encoder.encode
    encoder.encode = lambda items, prompt=None: (sizes.append(len(items)), encode(items, prompt))[1]
    whole = rank(encoder, None, history, held_out, 10)
    assert sizes == [60]
    monkeypatch.setattr(ranking, limit, at)
    pieces = rank(encoder, None, history, held_out, 10)
    assert sizes[1:] == users
    for name in ARRAYS:
        assert getattr(whole, name).tolist() == getattr(pieces, name).tolist(), name


def test_a_model_that_scores_all_alike_earns_nothing(build: Build) -> None:
    encoder = Sums()
    torch.nn.init.zeros_(encoder.item_embedding.weight)
    found = rank(encoder, None, build([[1, 2], [3]], N_ITEMS), np.array([4, 5]), 3)
    assert found.held_out_rank.tolist() == [5, 6] == found.candidates.tolist()


def test_a_held_out_item_that_was_seen_before_stays_rankable(build: Build) -> None:
    encoder = Sums()
    weight = encoder.item_embedding.weight
    weight[:] = torch.arange(N_ITEMS + 1)[:, None]
    found = rank(encoder, None, build([[6, 7, 5]], N_ITEMS), np.array([6]), 4)
    assert found.items.tolist() == [[6, 4, 3, 2]]
    assert (found.held_out_rank.tolist(), found.candidates.tolist()) == ([1], [5])


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_scores_that_are_not_finite_are_refused(build: Build, bad: float) -> None:
    encoder = Sums()
    encoder.item_embedding.weight[3, 1] = bad
    with pytest.raises(FloatingPointError, match="scores are not finite"):
        rank(encoder, None, build([[1, 2]], N_ITEMS), np.array([4]), 3)


def test_the_networks_mode_is_put_back_and_no_gradient_is_kept(build: Build, transformer: Any) -> None:
    for training in (True, False):
        encoder = transformer(N_ITEMS, dropout=0.5).train(training)
        first, second = (rank(encoder, None, build([[1, 2]], N_ITEMS), np.array([4]), 7) for _ in range(2))
        assert encoder.training is training
        assert isinstance(first, TopK) and first.items.tolist() == second.items.tolist()
