"""What the server holds and every client sees: the item table and the layers over it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from .gradients import Gradient


@dataclass(frozen=True, eq=False)
class Parameters:
    """The global parameters of a round.

    Attributes:
        items: ``[n_items + 1, d]``; row 0 is padding and never used.
        mlp: ``[m]``; all layers in one vector, each as its weight ``[out, in]`` row by row, then its bias.
        sizes: Width of the input (2 d: user, then item), of each hidden layer, and 1.
    """

    items: Tensor
    mlp: Tensor
    sizes: tuple[int, ...]

    @classmethod
    def draw(
        cls,
        n_items: int,
        width: int,
        hidden: Sequence[int],
        std: float,
        rng: np.random.Generator,
        device: str = "cpu",
    ) -> Parameters:
        """Draw fresh parameters in float32.

        Item embeddings come from N(0, std²), weights from He's uniform distribution with the gain
        of ReLU, so within √(6 / inputs) of zero (``kaiming_uniform_`` with a = 0); biases are 0.
        """
        items = rng.normal(0.0, std, (n_items + 1, width))
        items[0] = 0.0
        sizes = (2 * width, *hidden, 1)
        parts = []
        for inputs, outputs in itertools.pairwise(sizes):
            bound = math.sqrt(6 / inputs)
            parts += [rng.uniform(-bound, bound, inputs * outputs), np.zeros(outputs)]
        return cls(_tensor(items, device), _tensor(np.concatenate(parts), device), sizes)

    @property
    def n_items(self) -> int:
        """Number of items, padding not counted."""
        return len(self.items) - 1

    def layers(self) -> list[tuple[Tensor, Tensor]]:
        """Return each layer's weight ``[out, in]`` and bias ``[out]``, as views."""
        return unpack(self.mlp, self.sizes)

    def descend(self, gradient: Gradient, lr: float) -> Parameters:
        """Return the parameters after one step against the gradient; these stay as they are."""
        return replace(self, items=self.items - lr * gradient.items, mlp=self.mlp - lr * gradient.mlp)

    def finite(self) -> bool:
        """Whether no parameter is infinite or not a number."""
        return bool(torch.isfinite(self.items).all() and torch.isfinite(self.mlp).all())


def unpack(mlp: Tensor, sizes: Sequence[int]) -> list[tuple[Tensor, Tensor]]:
    """Cut ``[..., m]`` into each layer's weight ``[..., out, in]`` and bias ``[..., out]``, as views."""
    layers, at = [], 0
    for inputs, outputs in itertools.pairwise(sizes):
        weight = mlp[..., at : at + inputs * outputs].view(*mlp.shape[:-1], outputs, inputs)
        at += inputs * outputs
        layers.append((weight, mlp[..., at : at + outputs]))
        at += outputs
    return layers


def draw_users(n: int, width: int, std: float, rng: np.random.Generator, device: str = "cpu") -> Tensor:
    """Draw ``n`` user embeddings from N(0, std²): float32 ``[n, width]``."""
    return _tensor(rng.normal(0.0, std, (n, width)), device)


def _tensor(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]], device: str) -> Tensor:
    return torch.from_numpy(values.astype(np.float32)).to(device)
