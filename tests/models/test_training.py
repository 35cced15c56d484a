"""Training learns what can be learned, changes only what it may, and never sees what is held out."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import numpy as np
import pytest
import torch

from rbench.core.interactions import Interactions
from rbench.datasets.checkerboard import CheckerboardConfig, best_hit_rate
from rbench.models.sasrec import SASRec, SASRecConfig
from rbench.models.sequential.layers.transformer import Transformer
from rbench.models.sequential.prompts import PromptGenerator, attribute_sizes
from rbench.models.sequential.ranking import rank
from rbench.models.sequential.settings import PromptConfig, Schedule
from rbench.models.sequential.training.fit import fit, validation_split

Build = Callable[..., Interactions]
Make = Callable[..., Transformer]
FAST = Schedule(loss="softmax", lr=0.01, epochs=3, eval_every=1, batch_size=32)


def state(module: torch.nn.Module) -> dict[str, str]:
    return {name: sha256(value.numpy().tobytes()).hexdigest() for name, value in module.state_dict().items()}


def prompts_for(data: Interactions, seed: int = 0, **options: Any) -> PromptGenerator:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return PromptGenerator(attribute_sizes(data), PromptConfig(**options), 8, 1)


def small(transformer: Make, data: Interactions, **sizes: Any) -> Transformer:
    return transformer(data.n_items, std=0.02, max_length=16, **sizes)


@pytest.mark.parametrize("loss", ["bpr", "softmax"])
def test_it_learns_the_rule_of_the_checkerboard(transformer: Make, board: Interactions, loss: Any) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        encoder = SASRec.build(SASRecConfig(hidden_size=32, inner_size=32, max_length=16), board.n_items)
    fit(encoder, None, board, Schedule(loss=loss, lr=3e-3, eval_every=4), seed=1)
    tested = rank(encoder, None, board.drop_last(1), board.items[board.offsets[1:] - 1], 1).held_out_rank
    config = CheckerboardConfig(users=200, items=40, longest=16)
    for k, share in ((1, 0.85), (10, 0.97)):
        best = best_hit_rate(config, k)
        spread = math.sqrt(best * (1 - best) / len(tested))
        assert share * best < (tested <= k).mean() < best + 3 * spread


def test_frozen_parts_do_not_change_by_a_bit(transformer: Make, board: Interactions) -> None:
    encoder, prompts = small(transformer, board), prompts_for(board)
    for learn, changes in (
        (("prompt",), (False, True)),
        (("model",), (True, False)),
        (("model", "prompt"), (True,) * 2),
    ):
        before = state(encoder), state(prompts)
        fit(encoder, prompts, board, replace(FAST, weight_decay=0.1), 1, learn, select_on="last")  # type: ignore[arg-type]
        after = state(encoder), state(prompts)
        assert (after[0] != before[0], after[1] != before[1]) == changes, learn
        if changes[1]:
            assert all(after[1][name] != before[1][name] for name in before[1])


@pytest.mark.parametrize("loss", ["bpr", "softmax"])
def test_results_depend_on_the_seed_and_on_no_global_state(transformer: Make, board: Interactions, loss: Any) -> None:
    made = []
    for seed, world in ((1, 10), (1, 20), (2, 10)):
        random.seed(world)
        np.random.seed(world)
        torch.manual_seed(world)
        before = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()
        encoder = small(transformer, board, dropout=0.2)
        fit(encoder, None, board, replace(FAST, loss=loss), seed)
        assert (random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()) == before
        made.append(state(encoder))
    assert made[0] == made[1] != made[2]


def ndcg(encoder: Transformer, data: Interactions, n: int) -> float:
    """NDCG@n on the validation items, in plain Python."""
    gains = []
    for user in range(data.n_users):
        *past, truth, _ = data.of(user).tolist()
        with torch.no_grad():
            scores = (
                encoder.encode(torch.tensor([past[-encoder.max_length :]]))[0, -1] @ encoder.item_embedding.weight.T
            ).tolist()
        better = sum(s > scores[truth] for i, s in enumerate(scores) if i and i not in past)
        gains.append(1 / math.log2(better + 2) if better < n else 0.0)
    return sum(gains) / len(gains)


def test_early_stopping_keeps_the_best_state(transformer: Make, board: Interactions) -> None:
    encoder = small(transformer, board)
    schedule = Schedule(loss="softmax", lr=0.03, epochs=60, eval_every=2, patience=3, batch_size=16)
    log = fit(encoder, None, board, schedule, seed=3)
    epochs, scores = zip(*log["validation"], strict=True)
    best = scores.index(max(scores))
    assert log["kept_epoch"] == epochs[best] < log["epochs"] < 60
    assert log["epochs"] == epochs[-1] == epochs[best] + 2 * 3
    assert list(epochs) == list(range(2, log["epochs"] + 1, 2))
    assert ndcg(encoder, board, 10) == pytest.approx(max(scores), abs=1e-9)
    assert max(scores) != scores[-1]


def test_the_kept_state_is_the_one_after_that_epoch(transformer: Make, board: Interactions) -> None:
    long, short = small(transformer, board), small(transformer, board)
    schedule = Schedule(loss="softmax", lr=0.03, epochs=30, eval_every=2, patience=3, batch_size=16)
    log = fit(long, None, board, schedule, seed=3)
    fit(short, None, board, replace(schedule, epochs=log["kept_epoch"]), seed=3, select_on="last")
    assert state(long) == state(short)


def test_last_keeps_the_last_state_and_looks_at_nothing(transformer: Make, board: Interactions) -> None:
    log = fit(small(transformer, board), None, board, FAST, seed=3, select_on="last")
    assert (log["epochs"], log["kept_epoch"], log["validation"]) == (3, 3, [])


def test_the_last_epoch_is_looked_at_too(transformer: Make, board: Interactions) -> None:
    log = fit(small(transformer, board), None, board, replace(FAST, eval_every=2), seed=3)
    assert [epoch for epoch, _ in log["validation"]] == [2, 3]


def test_progress_is_reported(transformer: Make, board: Interactions) -> None:
    told: list[float] = []
    fit(small(transformer, board), None, board, FAST, seed=3, report=told.append)
    assert told == [1 / 3, 2 / 3, 1]


def test_training_is_not_slowed_by_a_search_for_anomalies(transformer: Make, board: Interactions) -> None:
    """RecBole's models, once imported, turn it on for the whole process."""
    found: list[bool] = []
    with torch.autograd.set_detect_anomaly(True):
        encoder = small(transformer, board)
        fit(encoder, None, board, FAST, seed=3, report=lambda _: found.append(torch.is_anomaly_enabled()))
        assert found == [False] * 3 and torch.is_anomaly_enabled()


# Users with items of their own: 1..; their last two appear nowhere else.
SEQUENCES = [[1, 2, 3, 4, 20, 30], [2, 3, 1, 21, 31], [4, 1, 2, 3, 4, 1, 22, 32], [3, 2, 23, 33], [24, 34]]
HELD_OUT = {20, 21, 22, 23, 24, 30, 31, 32, 33, 34}


def test_held_out_items_are_neither_inputs_nor_labels_of_training(transformer: Make, build: Build) -> None:
    data = build(SEQUENCES, 34)
    encoder = transformer(34)
    encode, inputs, looked, labels = encoder.encode, [], [], []

    def spy(items: torch.Tensor, prompt: torch.Tensor | None = None) -> torch.Tensor:
        (inputs if encoder.training else looked).append(items.clone())
        return encode(items, prompt)

    def witness(users: Any, given: Any, negatives: Any, rng: Any) -> Any:
        labels.append(given.tolist())
        return given, negatives

    encoder.encode = spy  # type: ignore[method-assign]
    fit(encoder, None, data, replace(FAST, epochs=2, loss="bpr"), 1, relabel=witness)
    learned = [s[:-2] for s in SEQUENCES]
    expected = sorted(i for s in learned for i in s[:-1])
    assert sorted(int(i) for batch in inputs for i in batch.flatten() if i) == sorted(expected * 2)
    assert labels == [[i for s in learned for i in s[1:]]] * 2
    seen = {int(i) for batch in looked for i in batch.flatten()}
    assert seen - {0} == {1, 2, 3, 4} and not seen & HELD_OUT


@pytest.mark.parametrize("loss", ["bpr", "softmax"])
def test_what_is_held_out_cannot_change_the_weights(transformer: Make, build: Build, loss: Any) -> None:
    made = []
    for other in (0, 3):
        data = build([[*s[:-2], s[-2] + other, s[-1] - other] for s in SEQUENCES], 37)
        encoder = transformer(37)
        fit(encoder, None, data, replace(FAST, loss=loss), 1, select_on="last")
        made.append(state(encoder))
    assert made[0] == made[1]


def test_test_items_cannot_change_the_choice_of_the_state(transformer: Make, board: Interactions) -> None:
    items = board.items.copy()
    items[board.offsets[1:] - 1] = 1
    made, logs = [], []
    for data in (board, replace(board, items=items)):
        encoder = small(transformer, data)
        logs.append(fit(encoder, None, data, FAST, seed=2))
        made.append(state(encoder))
    assert made[0] == made[1] and logs[0] == logs[1]


def test_validation_split(build: Build) -> None:
    train, history, truth = validation_split(build([[1, 2, 3, 4], [5, 6], [7, 8, 9], [1], []], 9))
    assert [train.of(u).tolist() for u in range(5)] == [[1, 2], [], [7], [], []]
    assert [history.of(u).tolist() for u in range(2)] == [[1, 2], [7]]
    assert truth.tolist() == [3, 8] and history.user_ids == ("0", "2")


def test_short_histories_are_the_last_ones(transformer: Make, board: Interactions) -> None:
    encoder, widths, labels = small(transformer, board), [], []
    encode = encoder.encode
    encoder.encode = lambda items, prompt=None: (widths.append(items.shape[1]), encode(items, prompt))[1]  # type: ignore[method-assign]

    def witness(users: Any, given: Any, negatives: Any, rng: Any) -> Any:
        labels.append(given.tolist())
        return given, negatives

    fit(encoder, None, board, replace(FAST, max_history=4, epochs=1), 1, relabel=witness)
    assert max(widths) == 4
    learned = [board.of(u)[:-2].tolist()[-5:] for u in range(board.n_users)]
    assert labels == [[i for s in learned for i in s[1:]]]


def test_bpr_draws_negatives_anew_each_epoch_and_softmax_none(transformer: Make, board: Interactions) -> None:
    for loss in ("bpr", "softmax"):
        drawn: list[Any] = []

        def witness(users: Any, labels: Any, negatives: Any, rng: Any, drawn: list[Any] = drawn) -> Any:
            drawn.append((users, negatives))
            return labels, negatives

        fit(small(transformer, board), None, board, replace(FAST, loss=loss, epochs=2), 1, relabel=witness)
        if loss == "softmax":
            assert all((n == 0).all() for _, n in drawn)
        else:
            assert (drawn[0][1] != drawn[1][1]).mean() > 0.9
            own = [set(board.of(u)[:-2].tolist()) for u in range(board.n_users)]
            assert all(n > 0 and n not in own[u] for u, n in zip(*(a.tolist() for a in drawn[0]), strict=True))


@pytest.mark.parametrize("part", ["labels", "negatives"])
def test_what_the_attacker_returns_is_what_is_learned(
    transformer: Make, board: Interactions, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    from rbench.models.sequential.training import losses

    learned: list[torch.Tensor] = []
    bpr = losses.bpr

    def spy(hidden: Any, table: Any, labels: Any, negatives: Any) -> Any:
        learned.append(labels if part == "labels" else negatives)
        return bpr(hidden, table, labels, negatives)

    def relabel(users: Any, labels: Any, negatives: Any, rng: Any) -> Any:
        return (labels * 0 + 5, negatives) if part == "labels" else (labels, negatives * 0 + 5)

    monkeypatch.setattr(losses, "bpr", spy)
    log = fit(small(transformer, board), None, board, replace(FAST, loss="bpr", epochs=2), 1, relabel=relabel)
    assert torch.cat(learned).unique().tolist() == [5]
    own = np.concatenate([board.of(u)[1:-2] for u in range(board.n_users)])
    assert log["labels"] == len(own)
    assert log["poison_rate"] == pytest.approx((own != 5).mean() if part == "labels" else 0)


def test_poisoned_selection_looks_at_replaced_labels(transformer: Make, board: Interactions) -> None:
    calls: list[Any] = []

    def relabel(users: Any, labels: Any, negatives: Any, rng: Any) -> Any:
        calls.append((users.tolist(), labels.tolist()))
        return labels * 0 + 5, negatives

    schedule = replace(FAST, lr=0.05, epochs=3, metric="HR@10")
    logs = {
        select_on: fit(small(transformer, board), None, board, schedule, 1, relabel=relabel, select_on=select_on)
        for select_on in ("clean", "poisoned")
    }
    truth = [int(board.of(u)[-2]) for u in range(board.n_users)]
    assert (list(range(board.n_users)), truth) in calls
    # item 5 alone was learned, so it comes first
    assert logs["poisoned"]["validation"][-1][1] == 1.0 > 0.9 > logs["clean"]["validation"][-1][1]


@pytest.mark.parametrize("loss", ["bpr", "softmax"])
def test_divergence_is_told(transformer: Make, board: Interactions, loss: Any) -> None:
    encoder = small(transformer, board)
    with torch.no_grad():
        encoder.position_embedding.weight[0, 0] = float("nan")
    with pytest.raises(FloatingPointError, match="training loss is not finite: lower the learning rate"):
        fit(encoder, None, board, replace(FAST, loss=loss), 1)


def test_a_learning_rate_that_is_far_too_high(transformer: Make, board: Interactions) -> None:
    with pytest.raises(FloatingPointError, match="not finite"):
        fit(small(transformer, board), None, board, replace(FAST, lr=1e30), 1)


def test_only_some_users_are_looked_at(transformer: Make, board: Interactions) -> None:
    encoder = small(transformer, board)
    encode, looked = encoder.encode, []
    encoder.encode = lambda items, prompt=None: (  # type: ignore[method-assign]
        None if encoder.training else looked.append(items),
        encode(items, prompt),
    )[1]
    fit(encoder, None, board, replace(FAST, eval_users=30, epochs=2), 1)
    assert [len(items) for items in looked] == [30, 30]
    assert torch.equal(looked[0], looked[1])
