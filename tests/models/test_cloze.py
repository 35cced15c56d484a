"""Cloze rows: every label once among the windows' sequences, hidden anew every epoch, the poisoner's only where hidden."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rbench.core.interactions import Interactions
from rbench.models.sequential.batch import Batch
from rbench.models.sequential.settings import Schedule
from rbench.models.sequential.training.cloze import Cloze
from rbench.models.sequential.training.windows import Windows

MASK = 10
Build = Callable[..., Interactions]


def cloze(data: Interactions, length: int = 4, ratio: float = 0.5, last_only: float = 0.0) -> Cloze:
    return Cloze(Windows(data, length - 1), MASK, ratio, last_only)


def batches(rows: Cloze, labels: Any = None, negatives: Any = None, seed: int = 0, **schedule: Any) -> list[Batch]:
    labels = rows.labels if labels is None else labels
    negatives = np.zeros_like(labels) if negatives is None else negatives
    rng = np.random.default_rng(seed)
    steps = rows.steps(labels, negatives, Schedule(**schedule), rng, torch.device("cpu"))
    return [batch for step in steps for batch in step]


def test_rows_by_hand(build: Build) -> None:
    """Sequences of four: the last three labels of the first user, with what is before them; then what is left."""
    rows = cloze(build([[1, 2, 3, 4, 5], [6, 7], [8]], 9))
    assert rows.sequences.tolist() == [[1, 2, 0, 0], [2, 3, 4, 5], [6, 7, 0, 0]]
    assert rows.labels.tolist() == [2, 3, 4, 5, 7] and rows.users.tolist() == [0, 0, 0, 0, 1]


def test_all_hidden_by_hand(build: Build) -> None:
    """With everything hidden, only first items are left to be read, and all labels are learned."""
    rows = cloze(build([[1, 2, 3, 4, 5], [6, 7]], 9), ratio=1.0)
    labels = np.array([2, 9, 9, 9, 7], np.int32)  # a poisoner's in the places of 3, 4 and 5
    negatives = np.array([0, 1, 2, 3, 4], np.int32)
    (batch,) = batches(rows, labels, negatives, windows="random", batch_size=3)
    found = {
        tuple(row): (n, user)
        for row, n, user in zip(*(a.tolist() for a in (batch.items, batch.lengths, batch.users)), strict=True)
    }
    assert found == {(1, MASK, 0, 0): (2, 0), (2, MASK, MASK, MASK): (4, 0), (6, MASK, 0, 0): (2, 1)}
    assert batch.places is not None
    assert torch.equal(batch.items.reshape(-1)[batch.places], torch.full((5,), MASK, dtype=torch.int32))
    of = dict(zip((batch.items[:, 0].tolist()), range(3), strict=True))
    order = [4 * of[1] + 1, 4 * of[2] + 1, 4 * of[2] + 2, 4 * of[2] + 3, 4 * of[6] + 1]
    assert dict(zip(batch.places.tolist(), batch.labels.tolist(), strict=True)) == dict(
        zip(order, labels.tolist(), strict=True)
    )
    assert dict(zip(batch.places.tolist(), batch.negatives.tolist(), strict=True)) == dict(
        zip(order, negatives.tolist(), strict=True)
    )


def test_the_last_item_alone(build: Build) -> None:
    (batch,) = batches(cloze(build([[1, 2, 3], [4, 5]], 9), ratio=0.9, last_only=1.0), batch_size=2)
    assert sorted(batch.items.tolist()) == [[1, 2, MASK], [4, MASK, 0]]
    assert sorted(batch.labels.tolist()) == [3, 5]


sequences = st.lists(st.lists(st.integers(1, 9), max_size=12), min_size=1, max_size=6)


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sequences, st.integers(2, 6), st.integers(0, 9))
def test_what_is_hidden_is_what_is_learned(build: Build, data: list[list[int]], length: int, seed: int) -> None:
    """Put the labels back into their places: these are the users' own sequences, and first items always stand."""
    rows = cloze(build(data, 9), length, 0.4, 0.3)
    own = sorted(tuple(row[row > 0].tolist()) for row in rows.sequences)
    seen, learned = [], 0
    for batch in batches(rows, seed=seed, batch_size=2):
        assert batch.places is not None
        items = batch.items.clone()
        assert (items[:, 0] != MASK).all() and (items == MASK).any(1).all()
        assert items.reshape(-1).eq(MASK).nonzero().squeeze(1).tolist() == batch.places.tolist()
        items.view(-1)[batch.places] = batch.labels
        assert (items > 0).sum(1).tolist() == batch.lengths.tolist()
        seen += [tuple(row[row > 0].tolist()) for row in items]
        learned += len(batch.labels)
    assert learned <= len(rows.labels)
    for row in set(seen):
        assert seen.count(row) <= own.count(row)


def test_a_fifth_is_hidden_and_others_every_epoch(build: Build) -> None:
    rows = cloze(build([list(range(1, 10)) * 20] * 30, 9), 60, 0.2)
    rng = np.random.default_rng(1)
    one, two = rows.hidden(rng), rows.hidden(rng)
    shares = [float(hidden.sum() / len(rows.labels)) for hidden in (one, two)]
    assert shares == pytest.approx([0.2, 0.2], abs=0.02) and (one != two).any()
    assert rows.labels_each(Schedule(batch_size=10)) == pytest.approx(0.2 * 10 * len(rows.labels) / len(rows.sequences))
