"""What a victim's network must offer to the trainer and the ranker."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from .batch import Batch, Objective
from .layers.linear import linear


class SequenceEncoder(nn.Module):
    """A network that turns item sequences into vectors, scored against the item table.

    The trainer calls ``loss`` and the ranker ``scores``. A network that reads a sequence from left to right defines
    ``encode``. One that has to be given each prefix by itself says ``examples = "prefixes"`` and defines ``last``.

    Attributes:
        item_embedding: Table ``[n_items + 1, d]``; row 0 is padding.
        max_length: Longest sequence it takes.
        depth: Layers that can take prompt tokens of their own.
        only_looks_up: Whether ``encode`` or ``last`` read the table by ``self.item_embedding(items)`` alone; then
            training on a large table updates only the rows that a batch uses.
        examples: What it is trained on: ``windows``, whole sequences with a label at every position, or
            ``prefixes``, a row for each label.
        fixed_width: Whether it computes ``max_length`` positions however short a sequence is.
        takes_prompts: Whether soft tokens may stand before a sequence.
    """

    item_embedding: nn.Embedding
    max_length: int
    depth: int = 1
    only_looks_up: ClassVar[bool] = False
    examples: ClassVar[Literal["windows", "prefixes"]] = "windows"
    fixed_width: ClassVar[bool] = False
    takes_prompts: ClassVar[bool] = True

    def encode(self, items: Tensor, prompt: Tensor | None = None) -> Tensor:
        """Encode every position from the positions before it and itself.

        Args:
            items: int ``[batch, length]``, padded with 0 on the right.
            prompt: float ``[batch, 1 or depth, tokens, d]``, put before the sequence; or None.

        Returns:
            float ``[batch, length, d]``; values at padding are meaningless.
        """
        # Modules of torch are no ABCs; so at least whose method is missing is said.
        missing = "encode" if self.examples == "windows" else "last"
        raise NotImplementedError(f"{type(self).__name__} must define {missing}")

    def last(self, items: Tensor, lengths: Tensor, prompt: Tensor | None = None) -> Tensor:
        """Encode each sequence as a whole: float ``[batch, d]``.

        Args:
            items: int ``[batch, length]``, padded with 0 on the right; ``length`` is at most ``max_length``.
            lengths: int64 ``[batch]``: items in each sequence, at least one.
            prompt: As in ``encode``.
        """
        hidden = self.encode(items, prompt)
        return hidden[torch.arange(len(hidden), device=hidden.device), lengths - 1]

    def scores(self, items: Tensor, lengths: Tensor, prompt: Tensor | None = None) -> Tensor:
        """Score every item as the next one: float ``[batch, n_items + 1]``, column 0 being padding.

        Arguments are those of ``last``.
        """
        return linear(self.last(items, lengths, prompt), self.item_embedding.weight)

    def vectors(self, batch: Batch) -> Tensor:
        """Encode the positions that have a label: float ``[labels, d]``."""
        if batch.places is None:
            return self.last(batch.items, batch.lengths, batch.prompt)
        hidden = self.encode(batch.items, batch.prompt)
        hidden = hidden.reshape(-1, hidden.shape[-1])
        return hidden if len(batch.places) == len(hidden) else hidden.index_select(0, batch.places)

    def loss(self, batch: Batch, objective: Objective) -> Tensor:
        """Return the mean loss of a batch's labels, to be minimised; a network may have a loss of its own.

        Args:
            batch: Rows and their labels.
            objective: The loss that the schedule names, a function of vectors and item table.
        """
        return objective(self.vectors(batch), self.item_embedding.weight, batch.labels, batch.negatives)
