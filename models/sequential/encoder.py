"""What a victim's network must offer to the trainer and the ranker."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor, nn


class SequenceEncoder(nn.Module):
    """A network that turns item sequences into vectors, scored against the item table.

    Attributes:
        item_embedding: Table ``[n_items + 1, d]``; row 0 is padding.
        max_length: Longest sequence it takes.
        depth: Layers that can take prompt tokens of their own.
        only_looks_up: Whether ``encode`` reads the table by ``self.item_embedding(items)`` alone; then
            training on a large table updates only the rows that a batch uses.
    """

    item_embedding: nn.Embedding
    max_length: int
    depth: int = 1
    only_looks_up: ClassVar[bool] = False

    def encode(self, items: Tensor, prompt: Tensor | None = None) -> Tensor:
        """Encode every position from the positions before it and itself.

        Args:
            items: int ``[batch, length]``, padded with 0 on the right.
            prompt: float ``[batch, 1 or depth, tokens, d]``, put before the sequence; or None.

        Returns:
            float ``[batch, length, d]``; values at padding are meaningless.
        """
        # Modules of torch are no ABCs; so at least whose method is missing is said.
        raise NotImplementedError(f"{type(self).__name__} must define encode")
