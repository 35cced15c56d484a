"""A model of RecBole's with its own loss and scores, by ``calculate_loss`` and ``full_sort_predict``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..batch import Batch, Objective
from ..training import losses
from .network import RecBoleNetwork

ITEM, NEGATIVE, ITEMS, LENGTHS, USER = "item_id", "neg_item_id", "item_id_list", "item_length", "user_id"
"""RecBole's default names of what a batch holds."""
Kind = Literal["BPR", "CE"]


class RecBoleScorer(RecBoleNetwork):
    """Mixed into a model of RecBole's whose scores need not be products with its item table.

    All users are the first of a table with one row, because a platform's users are in no table of the provider's.
    """

    examples = "prefixes"
    takes_prompts = False
    calculate_loss: Any
    full_sort_predict: Any

    def rows(self, items: Tensor, lengths: Tensor) -> dict[str, Tensor]:
        """Return a batch by RecBole's names; where RecBole trains on right-aligned rows, they are all there is."""
        if self.fixed_width:
            items = F.pad(items, (0, self.max_length - items.shape[1]))
        items = items.long()
        self.device = items.device  # RecBole keeps that of its configuration
        self.settle_padding()
        found = {ITEMS: items, LENGTHS: lengths, USER: torch.zeros_like(lengths)}
        inverse: str | None = getattr(self, "INVERSE_ITEM_SEQ", None)
        if inverse is None:
            return found
        width = items.shape[1]
        aligned = items.gather(1, (torch.arange(width, device=items.device) + lengths[:, None]) % width)
        return found | {inverse: aligned, ITEMS: aligned}

    def scores(self, items: Tensor, lengths: Tensor, prompt: Tensor | None = None) -> Tensor:
        """Score every item by ``full_sort_predict``."""
        found: Tensor = self.full_sort_predict(self.rows(items, lengths))
        return found.view(len(items), -1)

    def loss(self, batch: Batch, objective: Objective) -> Tensor:
        """Return RecBole's loss: with BPR for ``bpr``, with cross-entropy for ``softmax``.

        With cross-entropy, a negative that isn't 0 adds its pairwise BPR term, as in ``training.losses``.
        """
        rows = self.rows(batch.items, batch.lengths)
        rows |= {ITEM: batch.labels.long()}
        negatives = {NEGATIVE: batch.negatives.long()}
        if objective is not losses.softmax:
            return self.theirs(rows | negatives, "BPR")
        loss = self.theirs(rows, "CE")
        against = batch.negatives.nonzero().squeeze(1)
        if len(against):
            pressed = {name: values[against] for name, values in (rows | negatives).items()}
            loss = loss + self._pressed(pressed) / len(batch.labels)
        return loss

    def theirs(self, rows: dict[str, Tensor], kind: Kind) -> Tensor:
        """Return ``calculate_loss``, a mean over the rows, with a loss of this kind."""
        if getattr(self, "loss_type", kind) != kind:
            from recbole.model.loss import BPRLoss

            self.loss_type = kind
            self.loss_fct = BPRLoss() if kind == "BPR" else nn.CrossEntropyLoss()
        loss: Tensor | Iterable[Tensor] = self.calculate_loss(rows)
        return loss if isinstance(loss, Tensor) else torch.stack(list(loss)).sum()

    def _pressed(self, rows: dict[str, Tensor]) -> Tensor:
        """Return the sum over rows of -log sigmoid(score of label - score of negative)."""
        scores = self.logits(self.full_sort_predict(rows).view(len(rows[ITEM]), -1))
        label, negative = (scores.gather(1, rows[name][:, None]) for name in (ITEM, NEGATIVE))
        return F.softplus(negative - label).sum()

    def logits(self, scores: Tensor) -> Tensor:
        """Return what the loss takes for the logits of items, given their scores."""
        return scores


class RepeatNetScorer(RecBoleScorer):
    """Mixed into RecBole's RepeatNet, which scores by probabilities and calls its item table otherwise."""

    @property
    def item_matrix(self) -> nn.Module:
        """RecBole's name of the item table."""
        return self.item_embedding

    def settle(self) -> None:
        """Give the item table the name that all victims' tables have."""
        self.item_embedding = self._modules.pop("item_matrix")  # type: ignore[assignment]  # an embedding

    def logits(self, scores: Tensor) -> Tensor:
        """Return logarithms, as ``calculate_loss`` takes them."""
        return (scores + 1e-8).log()
