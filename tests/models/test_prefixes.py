"""Every label has a row of the items before it, learned once an epoch, however rows are shared among batches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from rbench.core.interactions import Interactions
from rbench.models.sequential.layers.transformer import Transformer
from rbench.models.sequential.prompts import PromptGenerator, attribute_sizes
from rbench.models.sequential.settings import PromptConfig, Schedule
from rbench.models.sequential.training import prefixes
from rbench.models.sequential.training.fit import fit
from rbench.models.sequential.training.prefixes import Prefixes

Build = Callable[..., Interactions]
CPU = torch.device("cpu")
lengths = st.lists(st.integers(0, 13), min_size=1, max_size=6)


def numbered(lengths: list[int]) -> list[list[int]]:
    """Sequences in which every interaction has an item of its own."""
    starts = np.cumsum([1, *lengths])
    return [list(range(a, a + n)) for a, n in zip(starts, lengths, strict=False)]


def oracle(sequences: list[list[int]], length: int) -> list[tuple[int, list[int], int]]:
    """Return (user, row, label) of every label, in plain Python."""
    return [(u, s[max(t - length, 0) : t], s[t]) for u, s in enumerate(sequences) for t in range(1, len(s))]


def rows(batch: Any) -> list[tuple[int, list[int], int]]:
    columns = zip(
        batch.users.tolist(), batch.items.tolist(), batch.lengths.tolist(), batch.labels.tolist(), strict=True
    )
    found = []
    for user, items, length, label in columns:
        assert all(items[:length]) and not any(items[length:])
        found.append((user, items[:length], label))
    return found


def steps(examples: Prefixes, schedule: Schedule, seed: int = 0) -> list[Any]:
    negatives = -examples.labels
    return list(examples.steps(examples.labels, negatives, schedule, np.random.default_rng(seed), CPU))


@settings(deadline=None, max_examples=40)
@given(lengths, st.integers(1, 6), st.integers(1, 5), st.booleans(), st.integers(1, 40))
def test_an_epoch_has_every_label_once_after_what_was_before_it(
    build: Build, lengths: list[int], length: int, size: int, fixed: bool, positions: int
) -> None:
    sequences = numbered(lengths)
    examples = Prefixes(build(sequences, max(sum(lengths), 1)), length, fixed)
    expected = oracle(sequences, length)
    assert [*zip(examples.users, examples.labels, strict=True)] == [(user, label) for user, _, label in expected]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prefixes, "POSITIONS", positions)
        made = steps(examples, Schedule(batch_size=size))
    batches = [batch for step in made for batch in step]
    assert sorted(row for batch in batches for row in rows(batch)) == expected
    for batch in batches:
        widest = length if fixed else int(batch.lengths.max())
        assert batch.items.shape[1] == widest and batch.places is None
        assert len(batch.items) == 1 or batch.items.numel() <= positions
        assert torch.equal(batch.negatives, -batch.labels)


def test_a_step_has_the_labels_of_as_many_windows(build: Build) -> None:
    """Of 250 and 50 labels, windows of 100 would be four, with 75 labels each: two make 150, three make 225."""
    examples = Prefixes(build([[1] * 251, [2] * 51], 2), 7)
    for size, expected in ((2, [150, 150]), (3, [225, 75])):
        made = steps(examples, Schedule(batch_size=size))
        assert [sum(len(batch.labels) for batch in step) for step in made] == expected
        assert examples.labels_each(Schedule(batch_size=size)) == expected[0]


def test_a_share_is_drawn_anew(build: Build) -> None:
    examples = Prefixes(build(numbered([41]), 41), 5)
    drawn = []
    rng = np.random.default_rng(3)
    for _ in range(30):
        made = examples.steps(examples.labels, examples.labels, Schedule(share=0.25), rng, CPU)
        drawn.append([label for step in made for batch in step for label in batch.labels.tolist()])
    assert all(len(set(epoch)) == len(epoch) == 10 for epoch in drawn)
    assert len({tuple(sorted(epoch)) for epoch in drawn}) == 30
    assert len(Counter(label for epoch in drawn for label in epoch)) == 40


class OneByOne(Transformer):
    """A causal network that is given each prefix by itself."""

    examples = "prefixes"


class Wide(OneByOne):
    fixed_width = True


def network(cls: type[Transformer], length: int = 40) -> Transformer:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made = cls(40, **(SIZES | {"max_length": length})).double()
        for parameter in made.parameters():
            torch.nn.init.normal_(parameter, std=0.2)
    return made


SIZES: dict[str, Any] = {
    "n_layers": 1,
    "n_heads": 2,
    "hidden_size": 8,
    "inner_size": 12,
    "dropout": 0.0,
    "attention_dropout": 0.0,
    "hidden_act": "relu",
    "initializer_range": 0.02,
}


def learnt(net: Transformer, data: Interactions, schedule: Schedule, **options: Any) -> tuple[Any, Tensor]:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        soft = PromptGenerator(attribute_sizes(data), PromptConfig(tokens=2), 8, 1).double()
    log = fit(net, soft, data, schedule, 3, ("model", "prompt"), **options)
    with torch.no_grad():
        return log, net.eval().encode(torch.arange(1, 37).view(3, 12), soft(torch.ones(3, 2, dtype=torch.long)))


@pytest.mark.parametrize("loss", ["bpr", "softmax"])
def test_one_step_learns_from_prefixes_what_it_learns_from_windows(board: Interactions, loss: Any) -> None:
    """Where a step holds the whole epoch, both have the same labels after the same items, with the users' prompts.

    A second epoch has other negatives, which are drawn after the order of what was learned in the first.
    """
    schedule = Schedule(loss=loss, epochs=3 if loss == "softmax" else 1, batch_size=1000, lr=5e-3, eval_every=1)
    made = [learnt(network(cls), board, schedule) for cls in (Transformer, OneByOne, Wide)]
    for log, encoded in made[1:]:
        assert log["labels"] == made[0][0]["labels"]
        assert np.allclose(log["validation"], made[0][0]["validation"], atol=1e-12)
        torch.testing.assert_close(encoded, made[0][1], atol=1e-8, rtol=1e-8)


@pytest.mark.parametrize("loss", ["bpr", "softmax"])
def test_how_a_step_is_shared_among_batches_does_not_matter(
    board: Interactions, monkeypatch: pytest.MonkeyPatch, loss: Any
) -> None:
    schedule = Schedule(loss=loss, epochs=2, batch_size=8, lr=5e-3, weight_decay=0.0, eval_every=1)
    expected = learnt(network(OneByOne), board, schedule)
    monkeypatch.setattr(prefixes, "POSITIONS", 50)
    log, encoded = learnt(network(OneByOne), board, schedule)
    assert log == expected[0]
    torch.testing.assert_close(encoded, expected[1], atol=1e-8, rtol=1e-8)


def test_an_attacker_replaces_labels_of_rows(build: Build) -> None:
    """The labels that the network is trained on are those that the attacker returned."""
    data = build([[1, 2, 3, 4, 5, 6], [7, 8, 9, 10]], 40)
    net, seen = network(OneByOne), []
    loss = net.loss

    def witness(batch: Any, objective: Any) -> Tensor:
        seen.extend(rows(batch))
        return loss(batch, objective)

    net.loss = witness  # type: ignore[method-assign]

    def relabel(users: Any, labels: Any, negatives: Any, rng: Any) -> Any:
        assert users.tolist() == [0, 0, 0, 1] and labels.tolist() == [2, 3, 4, 8]
        return labels + 10 * (users + 1).astype(np.int32), negatives

    schedule = replace(Schedule(), epochs=1)
    log = fit(net, None, data, schedule, 0, relabel=relabel)
    assert sorted(seen) == [(0, [1], 12), (0, [1, 2], 13), (0, [1, 2, 3], 14), (1, [7], 28)]
    assert (log["labels"], log["poison_rate"]) == (4, 1.0)
