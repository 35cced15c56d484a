"""A model whose state is the last item's embedding, so that what it says can be worked out by hand."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from rbench.core.interactions import Interactions
from rbench.core.pretrained import Pretrained
from rbench.models.sequential.encoder import SequenceEncoder
from rbench.models.sequential.open_model import OpenModel


class LastItem(SequenceEncoder):
    """Its state is the last item's embedding, so that a vector moves the state by itself."""

    def __init__(self, table: np.ndarray) -> None:
        super().__init__()
        self.item_embedding = nn.Embedding.from_pretrained(torch.from_numpy(table).float(), freeze=True, padding_idx=0)
        self.max_length = 8

    def encode(self, items: Tensor, prompt: Tensor | None = None) -> Tensor:
        found: Tensor = self.item_embedding(items)
        return found


def opened(table: list[list[float]]) -> OpenModel:
    return OpenModel("last-item", Pretrained({}, None, {}), LastItem(np.array(table)).eval(), None)


def users(histories: list[list[int]], n_items: int) -> Interactions:
    return Interactions(
        name="log",
        items=np.concatenate(histories).astype(np.int32),
        offsets=np.cumsum([0, *map(len, histories)]),
        categories=np.zeros(n_items + 1, np.int32),
        category_names=(),
        attributes={},
        user_ids=tuple(map(str, range(len(histories)))),
        item_ids=tuple(map(str, range(n_items))),
    )
