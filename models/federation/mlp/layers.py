"""The perceptron's layers: initial values, names, and the two halves of the first one."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from ..parameters import Parameters, to_tensor

Layers = list[tuple[Tensor, Tensor]]
"""Each layer's weight ``[out, in]`` and bias ``[out]``; the first takes a user, then an item, the last gives 1."""


def draw(sizes: Sequence[int], rng: np.random.Generator, device: str = "cpu") -> dict[str, Tensor]:
    """Draw layers in float32: weights by He's uniform rule for ReLU, biases 0.

    Weights lie within √(6 / inputs) of zero, as by ``kaiming_uniform_`` with a = 0.

    Args:
        sizes: Width of the input, of each hidden layer, and 1.
        rng: Draws the weights.
        device: Where they are to lie.
    """
    named = {}
    for i, (inputs, outputs) in enumerate(itertools.pairwise(sizes)):
        bound = math.sqrt(6 / inputs)
        named[f"layers.{i}.weight"] = to_tensor(rng.uniform(-bound, bound, (outputs, inputs)), device)
        named[f"layers.{i}.bias"] = to_tensor(np.zeros(outputs), device)
    return named


def layers(named: Mapping[str, Tensor]) -> Layers:
    """Return the layers from tensors by name."""
    return [(named[f"layers.{i}.weight"], named[f"layers.{i}.bias"]) for i in range(len(named) // 2)]


def logits(user: Tensor, items: Tensor, named: Mapping[str, Tensor]) -> Tensor:
    """Return ``[n]``: what the perceptron makes of a user (``[d]``) and each item (``[n, d]``)."""
    *inner, (weight, bias) = layers(named)
    hidden = torch.cat([user.expand(len(items), -1), items], 1)
    for inner_weight, inner_bias in inner:
        hidden = (hidden @ inner_weight.T + inner_bias).relu()
    return (hidden @ weight.T + bias)[:, 0]


def user_half(first: tuple[Tensor, Tensor], users: Tensor) -> Tensor:
    """Return what users (``[users, d]``) add to the first layer's sums, its bias included: ``[width, users]``."""
    weight, bias = first
    return torch.addmm(bias[:, None], weight[:, : users.shape[1]], users.T)


def item_half(first: tuple[Tensor, Tensor], parameters: Parameters, items: Tensor | None = None) -> Tensor:
    """Return what items (int64 ``[n]``; None: the whole table) add to the first layer's sums: ``[width, n]``."""
    table = parameters.items if items is None else parameters.items.index_select(0, items)
    return first[0][:, -table.shape[1] :] @ table.T
