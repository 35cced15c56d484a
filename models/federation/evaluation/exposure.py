"""Exposure of the targets and accuracy for benign users, under full ranking."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ... import FederatedModel, Scorer
from ..clients import Ints, Lists, among, distinct
from ..parameters import Parameters
from ..settings import FederationConfig
from ..threads import SERIAL, ThreadPool
from .ranks import ranks_within

USERS = 256
"""Users ranked together."""
GROUPS = 4
"""Such groups that one thread ranks before it takes others."""


@dataclass(frozen=True, eq=False)
class _Chunk:
    """Some users, with rows counted from 0 within the chunk.

    Attributes:
        users: Which users, as a slice.
        masked: int64 ``[n]``: flat indices into the chunk's scores of what is no candidate.
        rows: int64 ``[pairs]``: row of each item that is looked for.
        items: int64 ``[pairs]``: the item; held-out items first, then targets.
        tests: How many of the pairs are held-out items.
    """

    users: slice
    masked: Tensor
    rows: Tensor
    items: Tensor
    tests: int


class Evaluation:
    """Ranks all items for benign users, each one's own training items left out.

    Exposure ratio ER@K of a target: among the benign users who have not interacted with it, in
    training or held out, the share who have it among their first K items. Recall and NDCG are means
    over the users who have a held-out item that is a candidate. Items that score the same rank
    in the order of their ids.

    Args:
        model: What is ranked with.
        train: What each benign client trains on.
        test: What is held out.
        n_items: Number of items.
        targets: int ``[targets]``: items whose exposure is measured.
        federation: Says at which lengths of the list.
        device: Where to compute.
        pool: Threads that share the users.
        audience: bool ``[users]``: whose exposure is measured apart from that of the others, or None.
    """

    def __init__(
        self,
        model: FederatedModel,
        train: Lists,
        test: Lists,
        n_items: int,
        targets: NDArray[np.integer],
        federation: FederationConfig,
        device: str = "cpu",
        pool: ThreadPool = SERIAL,
        audience: NDArray[np.bool_] | None = None,
    ) -> None:
        self._model, self._pool = model, pool
        self._n_users, self._base, self._federation, self._device = len(train.lengths), n_items + 1, federation, device
        # bool [users] by what stands before the name of a metric: everybody, and the audience and all others.
        self._audiences = {"": np.ones(self._n_users, bool)}
        if audience is not None:
            self._audiences |= {"target ": audience, "non-target ": ~audience}
        # A pair of user and item is one number: user * base + item; each array of them ascends without repeats.
        self._own = distinct(train.users * self._base + train.items)
        held = distinct(test.users * self._base + test.items)
        held = self._tests = held[~among(held, self._own)]  # candidates only, and each counted once
        self._relevant = np.bincount(held // self._base, minlength=self._n_users)
        pairs = np.arange(self._n_users)[:, None] * self._base + targets.astype(np.int64)
        self._open = ~(among(pairs, self._own) | among(pairs, held))
        self._targets = targets.astype(np.int64)
        self._candidates = n_items - np.bincount(self._own // self._base, minlength=self._n_users)
        self._longest = max(*federation.exposure_at, federation.accuracy_at)
        chunks = list(self._cut())
        self._parts = [chunks[i : i + GROUPS] for i in range(0, len(chunks), GROUPS)]

    def describe(self) -> dict[str, Any]:
        """Return whom the metrics are about, and what random rankings would reach; None is a mean over nobody."""
        tested = self._relevant > 0
        chance: dict[str, Any] = {}
        for k in self._federation.exposure_at:
            hit = np.minimum(1.0, k / np.maximum(self._candidates, 1))
            for name, mask in self._audiences.items():
                chance[f"{name}ER@{k}"] = [_mean(hit[open_]) for open_ in (self._open & mask[:, None]).T]
        k = self._federation.accuracy_at
        chance[f"recall@{k}"] = _mean(np.minimum(1.0, k / np.maximum(self._candidates, 1))[tested])
        return {
            **{f"{name}users_exposed": self._open[mask].sum(0).tolist() for name, mask in self._audiences.items()},
            "users_tested": int(tested.sum()),
            "chance": chance,
        }

    @torch.no_grad()
    def measure(self, parameters: Parameters, users: Tensor) -> dict[str, Any]:
        """Return ``ER@K`` (a value per target), ``recall@K`` and ``NDCG@K``; None is a mean over nobody.

        With an audience also its own exposure and that of the others, ``target ER@K`` and ``non-target ER@K``.

        Args:
            parameters: The global parameters.
            users: ``[users, user width]``: the benign users' embeddings.
        """
        at = self._federation.accuracy_at
        ranks_of = partial(self._ranks, self._model.scorer(parameters, users), users)
        parts = self._pool.map(ranks_of, self._parts)
        held, targeted = zip(*(ranks for part in parts for ranks in part), strict=True)
        exposed = np.full(self._open.shape, self._longest)  # [users, targets]: rank from 0
        exposed[self._open] = np.concatenate(targeted)
        ranks = np.concatenate(held)
        hits = ranks < at  # [held-out pairs], user by user as in self._tests
        owner = (self._tests // self._base)[hits]
        tested = self._relevant > 0
        found = np.bincount(owner, minlength=self._n_users)
        gain = np.bincount(owner, 1 / np.log2(ranks[hits] + 2.0), minlength=self._n_users)
        # The best DCG of a user with 0, 1, ... relevant items.
        ideal = np.concatenate([[0.0], np.cumsum(1 / np.log2(np.arange(at) + 2.0))])
        result: dict[str, Any] = {
            f"{name}ER@{k}": [
                _mean(ranks[open_] < k) for ranks, open_ in zip(exposed.T, (self._open & mask[:, None]).T, strict=True)
            ]
            for name, mask in self._audiences.items()
            for k in self._federation.exposure_at
        }
        result[f"recall@{at}"] = _mean(found[tested] / self._relevant[tested])
        result[f"NDCG@{at}"] = _mean(gain[tested] / ideal[np.minimum(self._relevant[tested], at)])
        return result

    def _ranks(self, scorer: Scorer, users: Tensor, chunks: Sequence[_Chunk]) -> list[tuple[Ints, Ints]]:
        """Return each chunk's ranks of held-out items and of targets."""
        found, buffer = [], users.new_empty(USERS, self._base)
        for chunk in chunks:
            scores = buffer[: chunk.users.stop - chunk.users.start]
            scorer.fill(scores, chunk.users.start)
            scores[:, 0] = -torch.inf
            scores.view(-1)[chunk.masked] = -torch.inf
            ranks = ranks_within(scores, self._longest, chunk.rows, chunk.items).cpu().numpy()
            found.append((ranks[: chunk.tests], ranks[chunk.tests :]))
        return found

    def _cut(self) -> Iterator[_Chunk]:
        for first in range(0, self._n_users, USERS):
            end = min(first + USERS, self._n_users)
            own, tests = (
                pairs[slice(*np.searchsorted(pairs, [first * self._base, end * self._base]))] - first * self._base
                for pairs in (self._own, self._tests)
            )
            row, target = np.nonzero(self._open[first:end])
            rows = np.concatenate([tests // self._base, row])
            items = np.concatenate([tests % self._base, self._targets[target]])
            masked, places, sought = (torch.from_numpy(a).to(self._device) for a in (own, rows, items))
            yield _Chunk(slice(first, end), masked, places, sought, len(tests))


def _mean(values: NDArray[Any]) -> float | None:
    return float(values.mean()) if len(values) else None
