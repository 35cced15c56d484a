"""Ranking of a large vocabulary, ours and bare; as a script, the memory that ours takes, in JSON."""

from __future__ import annotations

import json
import os
import resource

import numpy as np
import torch

from rbench.core.interactions import Interactions
from rbench.core.topk import TopK
from rbench.models.sequential.layers.transformer import Transformer
from rbench.models.sequential.ranking import SCORES, rank

ITEMS, K = 130_000, 100


class Case:
    """A fresh model of d = 64 with one layer, and users with one to nine items before the held-out one."""

    def __init__(self, n_users: int) -> None:
        rng = np.random.default_rng(0)
        lengths = rng.integers(1, 10, n_users)
        self.history = Interactions(
            name="random",
            items=rng.integers(1, ITEMS + 1, lengths.sum(), dtype=np.int32),
            offsets=np.concatenate([[0], np.cumsum(lengths)]),
            categories=np.zeros(ITEMS + 1, np.int32),
            category_names=(),
            attributes={},
            user_ids=tuple(map(str, range(n_users))),
            item_ids=tuple(map(str, range(ITEMS))),
        )
        self.held_out = rng.integers(1, ITEMS + 1, n_users)
        torch.manual_seed(0)
        self.model = Transformer(
            ITEMS,
            n_layers=1,
            n_heads=1,
            hidden_size=64,
            inner_size=64,
            dropout=0.0,
            attention_dropout=0.0,
            hidden_act="relu",
            max_length=50,
            initializer_range=0.02,
        ).eval()

    def ours(self) -> TopK:
        """Rank as the benchmark does: encode, score, mask, the best items, the true item's rank."""
        return rank(self.model, None, self.history, self.held_out, K)

    @torch.no_grad()
    def bare(self) -> None:
        """Only multiply vectors, which are there already, and take the best, in blocks of the same size."""
        table = self.model.item_embedding.weight
        step = SCORES // len(table)
        vectors = torch.randn(len(self.held_out), table.shape[1], generator=torch.Generator().manual_seed(0))
        scores = torch.empty(step, len(table))
        for first in range(0, len(vectors), step):
            block = vectors[first : first + step]
            torch.mm(block, table.T, out=scores[: len(block)]).topk(K, dim=1)


def _growth(n_users: int) -> float:
    """Return by how much the process grows at most while it ranks, in bytes."""
    case = Case(n_users)
    with open("/proc/self/statm") as file:
        before = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    case.ours()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before


if __name__ == "__main__":
    torch.set_num_threads(1)
    print(json.dumps({"bytes": _growth(1000)}))
