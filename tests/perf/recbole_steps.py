"""RecBole's training of SASRec on our layers: the same batches, losses and steps, in a fraction of its time.

RecBole encodes every position of a padded prefix and uses the last one. Here the last layer computes that one alone,
rows of like length lie side by side, a few at a time, and threads share a batch. Other than RecBole's are the draws of
batches and dropout, and rounding.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rbench.core.interactions import Interactions
from rbench.models.sequential.layers.dropout import dropout
from rbench.models.sequential.layers.linear import apply
from rbench.models.sequential.layers.transformer import Transformer
from rbench.models.sequential.training.cross_entropy import cross_entropy

PIECE = 128
"""Rows encoded at once, for the cache's sake."""


class Rows:
    """One row for every label: the items before it, as RecBole's augmentation makes them."""

    def __init__(self, data: Interactions, length: int) -> None:
        steps = np.maximum(data.lengths - 1, 0)
        before = np.arange(steps.sum()) - np.repeat(np.cumsum(steps) - steps, steps) + 1
        self.items = data.items
        self.label = np.repeat(data.offsets[:-1], steps) + before
        self.lengths = np.minimum(before, length)

    def __len__(self) -> int:
        return len(self.label)

    def read(self, rows: Any) -> tuple[Tensor, Tensor, Tensor]:
        """Return the rows' items, padded with 0 on the right, their lengths and their labels."""
        lengths, label = self.lengths[rows], self.label[rows]
        columns = np.arange(lengths.max())
        valid = columns < lengths[:, None]
        items = np.zeros(valid.shape, np.int64)
        items[valid] = self.items[((label - lengths)[:, None] + columns)[valid]]
        return torch.from_numpy(items), torch.from_numpy(lengths), torch.from_numpy(self.items[label].astype(np.int64))

    def pieces(self, batch: Any) -> Iterator[Any]:
        """Cut a batch into rows of like length."""
        batch = batch[np.argsort(self.lengths[batch], kind="stable")]
        for first in range(0, len(batch), PIECE):
            yield batch[first : first + PIECE]


def loss_of(encoder: Transformer, items: Tensor, lengths: Tensor, labels: Tensor) -> Tensor:
    """Return the summed cross-entropy over all items, to which RecBole counts its padding."""
    return cross_entropy(last(encoder, items, lengths), encoder.item_embedding.weight, labels)


def last(encoder: Transformer, items: Tensor, lengths: Tensor) -> Tensor:
    """Return what the encoder makes of each row's last item, ``[rows, d]``."""
    hidden = encoder.item_embedding(items) + encoder.position_embedding.weight[: items.shape[1]]
    hidden = dropout(encoder.LayerNorm(hidden), encoder.rate, encoder.training)
    *early, final = encoder.trm_encoder.layer
    for layer in early:
        hidden = encoder._feed_forward(layer.feed_forward, encoder._attend(layer.multi_head_attention, hidden))
    block, rows = final.multi_head_attention, len(items)
    end = hidden[torch.arange(rows), lengths - 1]
    query = apply(block.query, end).view(rows * encoder.n_heads, 1, -1)
    key, value = (
        apply(part, hidden).view(*items.shape, encoder.n_heads, -1).transpose(1, 2).flatten(0, 1)
        for part in (block.key, block.value)
    )
    padding = torch.zeros(items.shape).masked_fill_(torch.arange(items.shape[1]) >= lengths[:, None], -torch.inf)
    padding = padding.repeat_interleave(encoder.n_heads, 0)[:, None]
    weights = torch.baddbmm(padding, query, key.mT, alpha=query.shape[2] ** -0.5).softmax(-1)
    mixed = torch.bmm(dropout(weights, encoder.attention_rate, encoder.training), value).view(rows, -1)
    mixed = block.LayerNorm(dropout(apply(block.dense, mixed), encoder.rate, encoder.training) + end)
    return encoder._feed_forward(final.feed_forward, mixed)


class Steps:
    """Training of an encoder by RecBole's Adam on batches of rows."""

    def __init__(self, encoder: Transformer, data: Interactions, threads: int) -> None:
        self.encoder, self.rows, self.threads = encoder, Rows(data, encoder.max_length), ThreadPoolExecutor(threads)
        self.parameters = list(encoder.parameters())
        self.optimizer = torch.optim.Adam(self.parameters, lr=1e-3, fused=True)

    def epoch(self, rng: np.random.Generator, batch_size: int = 2048) -> float:
        """Take every row once; return the mean loss."""
        self.encoder.train()
        order, total = rng.permutation(len(self.rows)), 0.0
        for first in range(0, len(order), batch_size):
            batch = order[first : first + batch_size]
            total += self.step(batch) * len(batch)
        return total / len(order)

    def step(self, batch: Any) -> float:
        """Descend the mean loss of a batch, and return it."""
        loss, gradients = self.gradients(batch)
        for parameter, gradient in zip(self.parameters, gradients, strict=True):
            parameter.grad = gradient
        self.optimizer.step()
        return loss

    def gradients(self, batch: Any) -> tuple[float, list[Tensor]]:
        """Return the mean loss of a batch, and its gradients."""

        def part(rows: Any) -> tuple[float, tuple[Tensor, ...]]:
            loss = loss_of(self.encoder, *self.rows.read(rows)) / len(batch)
            return loss.item(), torch.autograd.grad(loss, self.parameters)

        loss, sums = 0.0, [torch.zeros_like(p) for p in self.parameters]
        for value, gradients in self.threads.map(part, self.rows.pieces(batch)):
            loss += value
            torch._foreach_add_(sums, gradients)
        return loss, sums
