"""Histories whose embedded items are moved by a vector: what a change of the input is to a sequential recommender."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor, nn

from .encoder import SequenceEncoder


@contextmanager
def shifted(encoder: SequenceEncoder, vectors: Tensor) -> Iterator[None]:
    """As long as this lasts, add a vector to whatever ``encoder`` looks up in its item table, padding left out.

    Soft tokens are not moved. Networks with a loss of their own may look up the labels' rows too, which are then moved
    like the history's.

    Args:
        encoder: The network.
        vectors: float ``[rows, d]``, one for each sequence of a batch, or ``[1, d]``, the same for all.
    """

    def moved(module: nn.Module, given: tuple[Tensor], found: Tensor) -> Tensor:
        items = given[0]
        vector = vectors.view(len(vectors), *(1,) * (items.ndim - 1), -1)
        return found + vector * (items > 0)[..., None]

    handle = encoder.item_embedding.register_forward_hook(moved)
    try:
        yield
    finally:
        handle.remove()
