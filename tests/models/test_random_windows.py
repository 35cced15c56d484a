"""Where windows are random, an epoch's are not the last one's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from rbench.core.interactions import Interactions
from rbench.models.sequential.layers.transformer import Transformer
from rbench.models.sequential.settings import Schedule
from rbench.models.sequential.training.fit import fit

Build = Callable[..., Interactions]
Make = Callable[..., Transformer]
FAST = Schedule(loss="softmax", epochs=12, patience=99, eval_every=1, batch_size=32)


def test_random_windows_are_others_every_epoch_and_the_same_for_a_seed(transformer: Make, build: Build) -> None:
    log = build([list(range(1, 13)), [13, 14, 15, 16]], 16)

    def seen(seed: int, windows: Any) -> list[set[tuple[int, ...]]]:
        encoder, epochs = transformer(16, std=0.02, max_length=4), []
        encode = encoder.encode

        def witness(items: Any, prompt: Any = None) -> Any:
            if encoder.training:
                epochs[-1].update(tuple(i for i in row if i) for row in items.tolist())
            return encode(items, prompt)

        def begin(users: Any, labels: Any, negatives: Any, rng: Any) -> Any:
            epochs.append(set())
            return labels, negatives

        encoder.encode = witness  # type: ignore[method-assign]
        fit(encoder, None, log, replace(FAST, windows=windows), seed, relabel=begin)
        return epochs

    # Of nine labels, the last four or as many as were drawn stand in the last window; the short sequence stays whole.
    cuts = [{(1,), (2, 3, 4, 5), (6, 7, 8, 9)}, {(1, 2, 3, 4), (5, 6, 7, 8), (9,)}]
    cuts += [{(1, 2, 3), (4, 5, 6, 7), (8, 9)}, {(1, 2), (3, 4, 5, 6), (7, 8, 9)}]
    allowed = [cut | {(13,)} for cut in cuts]
    random = seen(1, "random")
    assert all(epoch in allowed for epoch in random) and all(cut in random for cut in allowed)
    assert random == seen(1, "random") != seen(2, "random")
    assert seen(1, "fixed") == [allowed[0]] * 12


@pytest.mark.parametrize(("windows", "padded"), [("fixed", False), ("random", True)])
def test_batches_mix_lengths_where_windows_are_random(
    transformer: Make, build: Build, windows: Any, padded: bool
) -> None:
    log = build([[1, 2, 3, 4] if user % 2 else [5, 6, 7, 8, 9, 10] for user in range(32)], 10)
    encoder, batches = transformer(10, std=0.02, max_length=4), []
    encode = encoder.encode

    def witness(items: Any, prompt: Any = None) -> Any:
        if encoder.training:
            batches.append(bool((items == 0).any()))
        return encode(items, prompt)

    encoder.encode = witness  # type: ignore[method-assign]
    fit(encoder, None, log, replace(FAST, epochs=1, batch_size=8, windows=windows), 1)
    assert len(batches) == 4 and any(batches) == padded
