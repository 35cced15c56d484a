"""The network: a causal pre-norm transformer whose markers start as the mean of the title that they close."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from ..config import TextConfig
from .prompts import Batch

POSITIONS = 1024
"""Prompts that are longer share the last one."""


class Block(nn.Module):
    """Attention and a feed-forward block of twice the width, each after a normalisation."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm_attention, self.norm_feed = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)

    def forward(self, hidden: Tensor, mask: Tensor | None) -> Tensor:
        """Return ``[b, w, d]``; without a mask ``[b, 1, w, w]`` every place sees those before it."""
        b, w, d = hidden.shape
        q, k, v = (
            self.qkv(self.norm_attention(hidden)).view(b, w, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        )
        seen = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=mask is None)
        hidden = hidden + self.out(seen.transpose(1, 2).reshape(b, w, d))
        fed: Tensor = self.down(F.gelu(self.up(self.norm_feed(hidden))))
        return hidden + fed


class TitleTransformer(nn.Module):
    """Scores the candidates of lists.

    Args:
        config: Its sizes.
        tokens: Size of the vocabulary.
        yes_or_no: Whether every candidate is a question of its own.
        embeddings: float32 ``[n_items + 1, k]``: embeddings of the items by another recommender, which are not
            trained; projected, they are added to the markers. None for a recommender that reads titles only.
    """

    def __init__(
        self, config: TextConfig, tokens: int, yes_or_no: bool, embeddings: NDArray[np.float32] | None = None
    ) -> None:
        """Build and initialise; draws from torch's current random state."""
        super().__init__()
        d = config.width
        self.yes_or_no = yes_or_no
        self.embedding, self.position = nn.Embedding(tokens, d), nn.Embedding(POSITIONS, d)
        nn.init.normal_(self.embedding.weight, std=0.1)
        nn.init.normal_(self.position.weight, std=0.02)
        self.blocks = nn.ModuleList(Block(d, config.heads) for _ in range(config.layers))
        self.norm = nn.LayerNorm(d)
        self.own = nn.Linear(d, 1)
        if not yes_or_no:
            self.query, self.key = nn.Linear(d, d), nn.Linear(d, d)
        self.items: Tensor | None
        self.register_buffer("items", None if embeddings is None else torch.from_numpy(embeddings), persistent=False)
        if embeddings is not None:
            self.project = nn.Sequential(nn.Linear(embeddings.shape[1], d), nn.GELU(), nn.Linear(d, d))

    def forward(
        self, batch: Batch, spelt: Sequence[NDArray[np.int64]], items: NDArray[np.int32], text_only: bool = False
    ) -> Tensor:
        """Return ``[b, c]``: the candidates' scores, -inf where there is none.

        Args:
            batch: The lists as tokens.
            spelt: The tokens of each title, as for the batch.
            items: int32 ``[titles]``; the item of each title.
            text_only: Whether the items' embeddings are left out.
        """
        width = batch.tokens.shape[1]
        hidden = self.embedding(batch.tokens) + self._markers(batch, spelt, items, text_only)[batch.titles]
        places = torch.arange(width, device=hidden.device).expand_as(batch.tokens)
        mask = None
        if self.yes_or_no:
            places, mask = restarted(batch.segments), apart(batch.segments)
        hidden = hidden + self.position(places.clamp(max=POSITIONS - 1))
        for block in self.blocks:
            hidden = block(hidden, mask)
        hidden = self.norm(hidden)
        rows = torch.arange(len(hidden), device=hidden.device)
        candidates = hidden[rows[:, None], batch.markers]
        scores: Tensor = self.own(candidates).squeeze(-1)
        if not self.yes_or_no:
            asked = self.query(hidden[rows, batch.last])
            scores = scores + (asked[:, None] * self.key(candidates)).sum(-1) / hidden.shape[-1] ** 0.5
        return scores.masked_fill(batch.markers == 0, -torch.inf)

    def _markers(
        self, batch: Batch, spelt: Sequence[NDArray[np.int64]], items: NDArray[np.int32], text_only: bool
    ) -> Tensor:
        """Return ``[titles of the batch, d]``: what a marker has beside its own embedding; row 0 is zero."""
        device = self.embedding.weight.device
        named = [spelt[row] for row in batch.rows[1:].tolist()]
        flat = torch.from_numpy(np.concatenate([np.zeros(0, np.int64), *named])).to(device)
        starts = torch.tensor([0, *np.cumsum([len(own) for own in named])[:-1].tolist()], device=device)
        means = F.embedding_bag(flat, self.embedding.weight, starts, mode="mean")
        if self.items is not None and not text_only:
            means = means + self.project(self.items[torch.from_numpy(items[batch.rows[1:]]).to(device).long()])
        return F.pad(means, (0, 0, 1, 0))


def restarted(segments: Tensor) -> Tensor:
    """Return ``[b, w]``: positions, which for every candidate go on where the shared tokens ended."""
    places = torch.arange(segments.shape[1], device=segments.device).expand_as(segments)
    first = torch.where(segments == 0, places, 0).amax(1, keepdim=True) + 1
    begins = F.pad(segments[:, 1:] != segments[:, :-1], (1, 0), value=True)
    begin = torch.where(begins, places, 0).cummax(1).values
    return torch.where(segments == 0, places, first + places - begin)


def apart(segments: Tensor) -> Tensor:
    """Return bool ``[b, 1, w, w]``: places see those before them that are shared or of their own candidate."""
    width = segments.shape[1]
    before = torch.ones(width, width, dtype=torch.bool, device=segments.device).tril()
    shared = segments[:, None, None, :] == 0
    return before & (shared | (segments[:, None, None, :] == segments[:, None, :, None]))
