"""Full ranking of all items for all users, in chunks of bounded memory."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...core.interactions import Interactions
from ...core.topk import TopK
from .encoder import SequenceEncoder
from .prompts import PromptGenerator, attribute_matrix

SCORES = 1 << 24
"""Scores held at once: 64 MiB in float32."""


@torch.no_grad()
def rank(
    encoder: SequenceEncoder,
    generator: PromptGenerator | None,
    history: Interactions,
    held_out: NDArray[np.integer],
    k: int,
    mask_history: bool = True,
    max_history: int = 0,
) -> TopK:
    """Rank all items for every user after ``history``.

    Args:
        encoder: The victim's network.
        generator: Prompt generator, or None.
        history: What each user did before.
        held_out: int ``[users]``: the true next items.
        k: Items to keep per user.
        mask_history: Leave out the items of a user's history, except the held-out one.
        max_history: Read only each user's last items, this many; 0 reads up to the model's length.

    A tie counts against the held-out item, so that a model which scores all alike earns nothing.

    Raises:
        FloatingPointError: If scores are not finite.
    """
    device = encoder.item_embedding.weight.device
    length = min(encoder.max_length, max_history or encoder.max_length)
    attributes = attribute_matrix(history) if generator is not None else None
    training = encoder.training
    encoder.eval()
    table = encoder.item_embedding.weight
    step = max(1, SCORES // len(table))
    items = np.zeros((history.n_users, k), np.int32)
    ranks = np.zeros(history.n_users, np.int32)
    candidates = np.zeros(history.n_users, np.int32)
    for first in range(0, history.n_users, step):
        users = np.arange(first, min(first + step, history.n_users))
        inputs, lengths = _last_items(history, users, length)
        prompt = None
        if generator is not None and attributes is not None:
            prompt = generator(torch.from_numpy(attributes[users]).to(device))
        hidden = encoder.encode(torch.from_numpy(inputs).to(device), prompt)
        last = hidden[torch.arange(len(users)), torch.from_numpy(lengths - 1)]
        scores = last @ table.T
        if not torch.isfinite(scores).all():
            raise FloatingPointError("the model's scores are not finite: its training diverged.")
        truth = torch.from_numpy(held_out[users].astype(np.int64)).to(device)
        true_scores = scores.gather(1, truth[:, None])
        scores[:, 0] = -torch.inf
        if mask_history:
            rows = np.repeat(np.arange(len(users)), history.lengths[users])
            seen = history.items[history.offsets[users[0]] : history.offsets[users[-1] + 1]].astype(np.int64)
            scores[torch.from_numpy(rows).to(device), torch.from_numpy(seen).to(device)] = -torch.inf
            scores.scatter_(1, truth[:, None], true_scores)
        top = _top(scores, k)
        items[users] = top.cpu().numpy()
        ranks[users] = (scores >= true_scores).sum(1).cpu().numpy()
        candidates[users] = (scores > -torch.inf).sum(1).cpu().numpy()
    encoder.train(training)
    return TopK(items, ranks, candidates)


def _top(scores: Tensor, k: int) -> Tensor:
    values, found = scores.topk(min(k, scores.shape[1]), dim=1)
    found = found.masked_fill(values == -torch.inf, 0)
    return torch.nn.functional.pad(found, (0, k - found.shape[1]))


def _last_items(
    data: Interactions, users: NDArray[np.integer], length: int
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    lengths = np.minimum(data.lengths[users], length)
    columns = np.arange(max(int(lengths.max()), 1))
    valid = columns < lengths[:, None]
    index = (data.offsets[users + 1] - lengths)[:, None] + columns
    inputs = np.zeros(valid.shape, np.int32)
    inputs[valid] = data.items[index[valid]]
    return inputs, np.maximum(lengths, 1)
