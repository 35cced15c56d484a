"""RecBole's BERT4Rec as a victim's network: it learns items that are hidden in whole sequences."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..batch import Batch, Objective
from ..encoder import ClozeEncoder
from ..training import losses
from .network import RecBoleNetwork
from .scorer import ITEMS, LENGTHS


class ItemsAndMask(nn.Embedding):
    """Item table ``[n_items + 1, d]``, and beside it the vector of hidden items, which RecBole has in a last row.

    Attributes:
        mask: float ``[d]``.
    """

    def __init__(self, table: nn.Embedding) -> None:
        """Take over RecBole's table ``[n_items + 2, d]``."""
        weights = table.weight.detach()
        super().__init__(len(weights) - 1, weights.shape[1], padding_idx=0, _weight=weights[:-1].clone())
        self.mask = nn.Parameter(weights[-1].clone())

    def forward(self, items: Tensor) -> Tensor:
        """Look up int ``[...]``; the id after the last item's is the mask's."""
        hidden = items == self.num_embeddings
        return torch.where(hidden[..., None], self.mask, super().forward(items.masked_fill(hidden, 0)))


class BERT4RecNetwork(RecBoleNetwork, ClozeEncoder):
    """Mixed into RecBole's BERT4Rec: loss by ``calculate_loss``, scores by ``full_sort_predict``.

    To rank, a hidden item is put after the history, which has room for one item less than a sequence.
    """

    calculate_loss: Any
    full_sort_predict: Any
    mask_token: int
    MASK_ITEM_SEQ: str
    MASK_INDEX: str
    POS_ITEMS: str
    NEG_ITEMS: str
    _prompt: Tensor | None = None

    def settle(self, last_only: float) -> None:
        """Give the mask's vector a name of its own, and say what is hidden in training."""
        self.item_embedding = ItemsAndMask(self.item_embedding)
        self.mask, self.last_only = self.mask_token, last_only

    def forward(self, item_seq: Tensor) -> Tensor:
        """Encode every place of int ``[batch, length]`` from both sides, and from the soft tokens before the row."""
        with self._prompted(item_seq, self._prompt) as (rows, tokens):
            encoded: Tensor = super().forward(rows)  # RecBole's
        return encoded[:, tokens:]

    @contextmanager
    def _before_rows(self, prompt: Tensor | None) -> Iterator[None]:
        """Let ``forward`` read these soft tokens, since RecBole's methods that call it know of none."""
        self._prompt = prompt
        try:
            yield
        finally:
            self._prompt = None

    def scores(self, items: Tensor, lengths: Tensor, prompt: Tensor | None = None) -> Tensor:
        """Score every item in the place after the last one."""
        rows, kept = self._fitting(items, lengths)
        # RecBole drops the first item of each row, and hides the one after the last.
        with self._before_rows(prompt):
            found: Tensor = self.full_sort_predict({ITEMS: F.pad(rows, (1, 0)), LENGTHS: kept + 1})
        return found.view(len(items), -1)

    def _fitting(self, items: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Return each row's last items, so many that a hidden one still fits in behind them, and how many they are."""
        room = self.max_length - 1
        kept = lengths.clamp(max=room)
        columns = torch.arange(min(items.shape[1], room), device=items.device)
        places = (columns + (lengths - kept)[:, None]).clamp(max=items.shape[1] - 1)
        return items.long().gather(1, places).masked_fill(columns >= kept[:, None], 0), kept

    def loss(self, batch: Batch, objective: Objective) -> Tensor:
        """Return RecBole's loss of the hidden items: with BPR for ``bpr``, with cross-entropy for ``softmax``.

        With cross-entropy, a negative that isn't 0 adds its pairwise BPR term, as in ``training.losses``. Where rows
        are prefixes, the label that follows is the hidden item.
        """
        if batch.places is None:
            rows, kept = self._fitting(batch.items, batch.lengths)
            every = torch.arange(len(rows), device=rows.device)
            rows = F.pad(rows, (0, 1)).index_put((every, kept), rows.new_tensor(self.mask))
            batch = replace(batch, items=rows, places=every * rows.shape[1] + kept)
        if objective is not losses.softmax:
            return self._theirs(batch, batch.labels > 0, "BPR")
        loss = self._theirs(batch, batch.labels > 0, "CE")
        against = batch.negatives > 0
        if against.any():
            loss = loss + self._theirs(batch, against, "BPR") * (against.sum() / len(against))
        return loss

    def _theirs(self, batch: Batch, learned: Tensor, kind: str) -> Tensor:
        """Return the mean loss of those labels for which ``learned``, bool ``[labels]``, is true."""
        assert batch.places is not None
        width = batch.items.shape[1]
        places, labels, negatives = (a.long()[learned] for a in (batch.places, batch.labels, batch.negatives))
        rows, columns = places // width, places % width
        counts = torch.bincount(rows, minlength=len(batch.items))
        nth = torch.arange(len(rows), device=rows.device) - (counts.cumsum(0) - counts)[rows]
        # A row has as many slots as the fullest needs; slots whose index is 0 count for nothing.
        slots = rows.new_zeros(3, len(batch.items), int(counts.max()))
        slots[:, rows, nth] = torch.stack([columns, labels, negatives])
        self.loss_type = kind
        fields = (self.MASK_ITEM_SEQ, self.MASK_INDEX, self.POS_ITEMS, self.NEG_ITEMS)
        with self._before_rows(batch.prompt):
            loss: Tensor = self.calculate_loss(dict(zip(fields, (batch.items.long(), *slots), strict=True)))
        return loss
