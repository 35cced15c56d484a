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
"""Scores held at once: 64 MiB in float32, twice."""
USERS = 128
"""Users at most at once on a processor: more only leave its caches."""
BLOCK = 32
"""Neighbouring items of which only the best is looked at first, where there are many items."""


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
    if device.type == "cpu":
        step = min(step, USERS)
    ahead = torch.empty(min(step, history.n_users), len(table), device=device)
    items = np.zeros((history.n_users, k), np.int32)
    ranks = np.zeros(history.n_users, np.int32)
    candidates = np.zeros(history.n_users, np.int32)
    for first in range(0, history.n_users, step):
        users = np.arange(first, min(first + step, history.n_users))
        inputs, lengths = last_items(history, users, length)
        prompt = None
        if generator is not None and attributes is not None:
            prompt = generator(torch.from_numpy(attributes[users]).to(device))
        scores = encoder.scores(torch.from_numpy(inputs).to(device), torch.from_numpy(lengths).to(device), prompt)
        if not torch.isfinite(torch.stack(torch.aminmax(scores))).all():  # a NaN is the least and the most
            raise FloatingPointError("the model's scores are not finite: its training diverged.")
        truth = torch.from_numpy(held_out[users].astype(np.int64)).to(device)
        true_scores = scores.gather(1, truth[:, None])
        scores[:, 0] = -torch.inf
        candidates[users] = len(table) - 1
        if mask_history:
            rows, seen = _seen(history, users, held_out)
            scores[torch.from_numpy(rows).to(device), torch.from_numpy(seen).to(device)] = -torch.inf
            candidates[users] -= np.bincount(rows, minlength=len(users)).astype(np.int32)
        top = _top(scores, k)
        items[users] = top.cpu().numpy()
        # Into float32, which counts exactly up to 2^24: sums of booleans take 20 times as long.
        ranks[users] = torch.ge(scores, true_scores, out=ahead[: len(users)]).sum(1).cpu().numpy()
        del scores  # before the next are made
    encoder.train(training)
    return TopK(items, ranks, candidates)


def _top(scores: Tensor, k: int) -> Tensor:
    values, found = _best(scores, min(k, scores.shape[1]))
    found = found.masked_fill(values == -torch.inf, 0)
    return torch.nn.functional.pad(found, (0, k - found.shape[1]))


def _best(scores: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Return the k best scores of each row and their columns.

    The k best lie in the k blocks whose maxima are best: only those are sorted.
    """
    rows, columns = scores.shape
    whole = columns // BLOCK
    if whole < 4 * k:
        top = scores.topk(k, dim=1)
        return top.values, top.indices
    blocks = scores[:, : whole * BLOCK].view(rows, whole, BLOCK).amax(2).topk(k, dim=1, sorted=False).indices
    near = (blocks[:, :, None] * BLOCK + torch.arange(BLOCK, device=scores.device)).view(rows, -1)
    rest = torch.arange(whole * BLOCK, columns, device=scores.device).expand(rows, -1)
    near = torch.cat([near, rest], 1)
    values, places = scores.gather(1, near).topk(k, dim=1)
    return values, near.gather(1, places)


def _seen(
    data: Interactions, users: NDArray[np.integer], held_out: NDArray[np.integer]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return row and item, once each, of what the users saw besides the held-out items."""
    rows = np.repeat(np.arange(len(users)), data.lengths[users])
    items = data.items[data.offsets[users[0]] : data.offsets[users[-1] + 1]]
    pairs = np.unique(rows * (data.n_items + 1) + items)
    rows, items = np.divmod(pairs, data.n_items + 1)
    new = items != held_out[users][rows]
    return rows[new], items[new]


def last_items(
    data: Interactions, users: NDArray[np.integer], length: int
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return int32 ``[users, width]``, each user's last items padded with 0 on the right, and int64 ``[users]``.

    The second holds how many items each row has, at most ``length``; and 1 for a user without any.
    """
    lengths = np.minimum(data.lengths[users], length)
    columns = np.arange(max(int(lengths.max()), 1))
    valid = columns < lengths[:, None]
    index = (data.offsets[users + 1] - lengths)[:, None] + columns
    inputs = np.zeros(valid.shape, np.int32)
    inputs[valid] = data.items[index[valid]]
    return inputs, np.maximum(lengths, 1)
