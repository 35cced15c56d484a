"""Gradient steps over shuffled batches."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

CLIP = 1.0
"""The longest gradient, by its Euclidean norm, that a step follows."""


def descend(
    policy: nn.Module,
    loss: Callable[[list[int]], Tensor],
    n: int,
    *,
    epochs: int,
    rate: float,
    batch: int,
    rng: np.random.Generator,
) -> float:
    """Minimise a loss with AdamW, whose rate falls linearly, and return the mean loss of the last epoch, 0 for none.

    Args:
        policy: What learns; it is in training mode meanwhile.
        loss: Of the numbers of some examples, the mean loss.
        n: How many examples there are.
        epochs: How often each is seen.
        rate: The learning rate of the first step.
        batch: Examples a step.
        rng: Draws the order.
    """
    optimizer = torch.optim.AdamW(policy.parameters(), lr=rate, weight_decay=0.01)
    steps, done, losses = epochs * -(-n // batch), 0, [0.0]
    policy.train()
    for _ in range(epochs):
        order, losses = rng.permutation(n).tolist(), []
        for start in range(0, n, batch):
            optimizer.param_groups[0]["lr"] = rate * (1 - done / steps)
            value = loss(order[start : start + batch])
            optimizer.zero_grad()
            value.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(policy.parameters(), CLIP)
            optimizer.step()
            losses.append(value.item())
            done += 1
    policy.eval()
    return float(np.mean(losses)) if losses else 0.0
