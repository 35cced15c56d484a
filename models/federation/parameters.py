"""The global parameters: what the server holds and every client receives."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from .gradients import Gradient

Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, eq=False)
class Parameters:
    """The global parameters of a round: an item table, and any further named tensors.

    The table's rows are uploaded sparsely, by the clients that train on the item; the further tensors
    are uploaded whole by every client. Those lie in one vector, so that aggregators see coordinates.

    Attributes:
        items: ``[n_items + 1, d]``; row 0 is padding and never used.
        others: ``[m]``; the further tensors, one after the other, each row by row.
        shapes: Name and shape of each further tensor, in that order.
    """

    items: Tensor
    others: Tensor
    shapes: Shapes

    @classmethod
    def of(cls, items: Tensor, others: Mapping[str, Tensor]) -> Parameters:
        """Put an item table and further named tensors together."""
        flat = torch.cat([items.new_zeros(0), *(part.flatten() for part in others.values())])
        return cls(items, flat, {name: tuple(part.shape) for name, part in others.items()})

    @property
    def n_items(self) -> int:
        """Number of items, padding not counted."""
        return len(self.items) - 1

    def named(self) -> dict[str, Tensor]:
        """Return the further tensors by name, as views."""
        return unpack(self.others, self.shapes)

    def descend(self, gradient: Gradient, lr: float) -> Parameters:
        """Return the parameters after one step against the gradient; these stay as they are."""
        return replace(self, items=self.items - lr * gradient.items, others=self.others - lr * gradient.others)

    def finite(self) -> bool:
        """Whether no parameter is infinite or not a number."""
        return bool(torch.isfinite(self.items).all() and torch.isfinite(self.others).all())


def unpack(flat: Tensor, shapes: Shapes) -> dict[str, Tensor]:
    """Cut ``[m]`` into tensors of the given names and shapes, as views."""
    parts = torch.split(flat, [math.prod(shape) for shape in shapes.values()]) if shapes else ()
    return {name: part.view(shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)}


def to_tensor(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]], device: str = "cpu") -> Tensor:
    """Return what NumPy drew as float32 on a device."""
    return torch.from_numpy(values.astype(np.float32)).to(device)


def normal_rows(n: int, width: int, std: float, rng: np.random.Generator, device: str = "cpu") -> Tensor:
    """Draw embeddings from N(0, std²): float32 ``[n, width]``."""
    return to_tensor(rng.normal(0.0, std, (n, width)), device)
