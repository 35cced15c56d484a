"""Questions about seven titles."""

from __future__ import annotations

import numpy as np

from rbench.core.text.lists import Lists

TITLES = ("", "Toy Story", "GoldenEye", "Four Rooms", "Get Shorty", "Copycat", "Babe", "<s> Heat </s>")


def lists(n: int = 4) -> Lists:
    rng = np.random.default_rng(0)
    candidates = np.stack([rng.permutation(7)[:3] + 1 for _ in range(n)]).astype(np.int32)
    labels = np.array([[0, 1, 0]] * n, np.int8)
    history = rng.integers(1, 8, (n, 2)).astype(np.int32)
    return Lists(TITLES, np.arange(8, dtype=np.int32), history, history % 2 == 0, candidates, labels)
