"""Floating-point operations of training, counted by hand, and the machine's limit, measured."""

from __future__ import annotations

import time

import numpy as np
import torch
from numpy.typing import NDArray

from rbench.models.sequential.layers.linear import linear


def training_flops(
    lengths: NDArray[np.integer], *, n_layers: int, hidden_size: int, inner_size: int, outputs: int, causal: bool = True
) -> float:
    """Return the operations that one epoch over windows of these real lengths needs.

    A product of [m, k] and [k, n] counts 2mkn. With width d, inner width f and a window of n positions:

    - projections, a layer: query, key, value and output, ``4 * 2 d^2`` a position;
    - feed-forward, a layer: in and out, ``2 * 2 d f`` a position;
    - attention, a layer: scores and mixture, ``2 * 2 d`` for each (position, key) pair; a causal one
      has ``n (n + 1) / 2`` pairs, a full one ``n^2``;
    - loss: ``2 d`` for each of ``outputs`` scores a position: 2 with one negative, all items with a softmax.

    The backward pass takes two products for each forward one, hence three times the sum. Normalisation,
    activation, dropout, softmax and the optimizer are left out: they are few, though not fast.
    """
    d, n = hidden_size, lengths.astype(np.float64)
    pairs = (n * (n + 1) / 2 if causal else n**2).sum()
    layer = n.sum() * (8 * d * d + 4 * d * inner_size) + pairs * 4 * d
    return float(3 * (n_layers * layer + n.sum() * 2 * d * outputs))


def limit(by_onednn: bool = False, size: int = 2048, rounds: int = 5) -> float:
    """Return the operations a second of the best of some large float32 products, with torch's present threads.

    By torch's own product, or by the one of :mod:`rbench.models.sequential.layers.linear`.
    """
    a, b = torch.randn(size, size), torch.randn(size, size)
    out = torch.empty(size, size)
    seconds = []
    for _ in range(rounds + 1):
        began = time.perf_counter()
        if by_onednn:
            linear(a, b)
        else:
            torch.mm(a, b, out=out)
        seconds.append(time.perf_counter() - began)
    return 2 * size**3 / min(seconds)
