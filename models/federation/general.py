"""Gradients and scores of any federated model, by automatic differentiation of its logits.

Clients with about as many samples are padded to a rectangle ``[clients, samples]`` and go through
``torch.func.vmap`` together. A model may bring faster ways; these are what they are checked against.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.func import grad, vmap
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from .gradients import CELLS, ClientGradients, Gradient, LocalGradients, Wanted, merge_rows
from .parameters import Parameters, unpack
from .samples import PARTS, TOGETHER, Samples, rectangles
from .threads import SERIAL, ThreadPool

PAIRS = 1 << 16
"""Pairs of user and item that are scored together."""

Logits = Callable[[Tensor, Tensor, Mapping[str, Tensor]], Tensor]
"""From a user's embedding, rows of the item table and the further parameters to a logit for each row."""


def local_gradients(
    logits: Logits,
    parameters: Parameters,
    users: Tensor,
    samples: Samples,
    weights: Tensor,
    wanted: Wanted = "total",
    pool: ThreadPool = SERIAL,
) -> LocalGradients:
    """Compute what some clients' samples give; see ``FederatedModel.local_gradients``."""
    groups = rectangles(samples.lengths.cpu().numpy(), TOGETHER)
    losses, per_user = users.new_zeros(len(users)), torch.zeros_like(users)
    others = users.new_zeros(len(users) if wanted == "uploads" else 0, len(parameters.others))
    differentiate = _differentiate(logits, parameters, wanted)
    step = max(1, CELLS // max(1, len(parameters.others))) if wanted == "uploads" else len(users)

    def part(groups: Sequence[tuple[NDArray[np.integer], int]]) -> _Part:
        kept = _Part(parameters, wanted)
        for group, longest in groups:
            for clients in torch.split(torch.from_numpy(group).to(users.device), step):
                real, items, labels = samples.rectangle(clients, longest)
                rows = parameters.items.index_select(0, items).view(len(clients), longest, -1)
                given = users[clients], rows, parameters.others, labels.view_as(real), real, weights[clients]
                (user, *rest), summed = differentiate(*given)
                losses[clients], per_user[clients] = summed, user
                if wanted == "total":
                    kept.add(items, rest[0].flatten(0, 1), rest[1])
                elif wanted == "uploads":
                    others[clients] = rest[1]
                    kept.append(clients, items.view_as(real), rest[0], real)
        return kept

    # Sums are taken in the same parts whatever the number of threads, so that they do not depend on it.
    parts = pool.map(part, [groups[i::PARTS] for i in range(min(PARTS, len(groups)) or 1)])
    found = LocalGradients(losses / samples.lengths.clamp(min=1), per_user)
    if wanted == "total":
        return replace(found, total=sum((p.total for p in parts[1:]), parts[0].total))
    if wanted == "uploads":
        none = samples.starts[:0]
        rows = [(none, none, parameters.items[:0]), *(rows for p in parts for rows in p.rows)]
        owners, items, slopes = map(torch.cat, zip(*rows, strict=True))
        return replace(found, uploads=ClientGradients(parameters.n_items, owners, items, slopes, others))
    return found


def _differentiate(
    logits: Logits, parameters: Parameters, wanted: Wanted
) -> Callable[..., tuple[list[Tensor], Tensor]]:
    """Return what gives the gradients of users ``[k, w]``, item rows ``[k, n, d]`` and others, and summed losses."""

    def loss(
        user: Tensor, rows: Tensor, others: Tensor, labels: Tensor, real: Tensor, weight: Tensor
    ) -> tuple[Tensor, Tensor]:
        """One client's loss, weighted, which is differentiated; and without its weight, which is told."""
        losses = cross_entropy(logits(user, rows, unpack(others, parameters.shapes)), labels, reduction="none")
        summed = (losses * real).sum()
        return summed * weight, summed

    axes = (0, 0, None, 0, 0, 0)
    if wanted == "uploads":
        return vmap(grad(loss, (0, 1, 2), has_aux=True), axes)

    def total(*given: Tensor) -> tuple[Tensor, Tensor]:
        # Users and rows are each client's own, so that their gradients stay apart; only others' are added up,
        # without a copy of them for every client.
        weighted, summed = vmap(loss, axes)(*given)
        return weighted.sum(), summed

    return grad(total, (0, 1, 2) if wanted == "total" else (0,), has_aux=True)


class _Part:
    """What a part of a pass adds up (``total``), or keeps apart (``rows``: client, item, gradient)."""

    def __init__(self, parameters: Parameters, wanted: Wanted) -> None:
        self.rows: list[tuple[Tensor, Tensor, Tensor]] = []
        self._n_items = parameters.n_items
        if wanted == "total":
            self.total = Gradient(torch.zeros_like(parameters.items), torch.zeros_like(parameters.others))

    def add(self, items: Tensor, rows: Tensor, others: Tensor) -> None:
        self.total.items.index_add_(0, items, rows)
        self.total.others.add_(others)

    def append(self, clients: Tensor, items: Tensor, rows: Tensor, real: Tensor) -> None:
        owner = clients[:, None].expand_as(items)[real]
        self.rows.append(merge_rows(self._n_items, owner, items[real], rows[real]))


class GeneralScorer:
    """Logits of all pairs of user and item, a piece at a time.

    Args:
        logits: The model's.
        parameters: The global parameters.
        users: ``[users, user width]``: user embeddings.
    """

    def __init__(self, logits: Logits, parameters: Parameters, users: Tensor) -> None:
        self._items, self._users, named = parameters.items, users, parameters.named()
        self._each = vmap(lambda user, items: logits(user, items, named), (0, None))

    def fill(self, scores: Tensor, first: int) -> None:
        """Fill in ``[k, n_items + 1]``: the scores of ``k`` users, ``first`` and those after it."""
        step = max(1, PAIRS // scores.shape[1])
        for start in range(0, len(scores), step):
            users = self._users[first + start : first + min(start + step, len(scores))]
            for at in range(0, scores.shape[1], PAIRS):
                items = self._items[at : at + PAIRS]
                scores[start : start + len(users), at : at + len(items)] = self._each(users, items)
