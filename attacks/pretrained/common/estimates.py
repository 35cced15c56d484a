"""What an attacker keeps count of over batches: how groups of users differ, and who is shown the targets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ....core.interactions import Interactions

if TYPE_CHECKING:
    from torch import Tensor

    from ....models.sequential.batch import Batch
    from ....models.sequential.encoder import SequenceEncoder
    from ....models.sequential.open_model import OpenModel

KEPT = 0.95
"""Share of what was counted that stays with every batch: about twenty batches count."""
LEAST = 20
"""Users that a group, and all others together, must have, as ``group-contrast`` asks."""
TOP = 10
"""Length of the lists that ``acceptance`` replays."""
HISTORY = 50
"""Items of a history that the attacker replays, its last ones."""
USERS = 2000
"""Users whose histories it replays at most."""
ROWS = 16
"""Rows of a batch at which a step looks."""
POSITIONS = 4
"""Positions of each at which it looks whether a target is shown."""
WIDTH = 0.1
"""Standard deviations of the scores within which gradients see that an item could come to be shown, or not to be."""


class Running:
    """Sums over past batches, in which old ones fade, and the present one's gradient counts in full."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.past: Tensor | None = None
        self.batches = 0.0

    def __call__(self, present: Tensor) -> Tensor:
        """Return the sum with a batch's part, which gradients flow to."""
        total = present if self.past is None else KEPT * self.past + present
        self.past, self.batches = total.detach(), KEPT * self.batches + 1
        return total

    def full(self, mean: Tensor) -> Tensor:
        """Return a mean over the batches, with the gradient that it would have if all were like the present one."""
        return mean.detach() + (mean - mean.detach()) * self.batches


class Contrasts:
    """How far targets stand out between groups of users, as ``group-contrast`` reads a model.

    Args:
        data: The provider's users with their attributes.
        targets: int32 ``[targets]``.
    """

    def __init__(self, data: Interactions, targets: NDArray[np.int32]) -> None:
        """Find the groups that are large enough."""
        masks = [
            attribute.codes == code
            for attribute in data.attributes.values()
            for code in range(1, len(attribute.values) + 1)
        ]
        large = [mask for mask in masks if LEAST <= mask.sum() <= data.n_users - LEAST]
        self.members = np.array(large, np.float32).reshape(len(large), data.n_users)
        self.targets = targets.astype(np.int64) - 1
        self.inside, self.outside, self.n_inside, self.n_outside = (Running() for _ in range(4))

    def __call__(self, encoder: SequenceEncoder, batch: Batch) -> Tensor:
        """Return the targets' largest deviations over groups: float ``[targets]``; zeros without groups."""
        import torch

        values = standardised(encoder.scores(batch.items, batch.lengths, batch.prompt))
        members = torch.from_numpy(self.members).to(values)[:, batch.users]
        if not len(members):
            return values.new_zeros(len(self.targets))
        inside = self.inside(members @ values) / self.n_inside(members.sum(1, keepdim=True)).clamp(min=1)
        others = 1 - members
        outside = self.outside(others @ values) / self.n_outside(others.sum(1, keepdim=True)).clamp(min=1)
        contrast = self.n_inside.full(inside - outside)
        middle, scale = middle_and_scale(contrast)
        return ((contrast - middle) / scale)[:, self.targets].amax(0)


class Shown:
    """How far targets are shown beyond what their takers allow, as ``acceptance`` reads a model.

    The attacker replays its own log by the honest model, and reckons with a platform of as many users. Of a target that
    everybody is shown as many take it as have it; so there is a share of users up to which the test stays below the
    limit. The deviation of a target is the limit times the root of its share over that one: a test's deviation grows
    with the root of the number of users.

    Args:
        data: The provider's users.
        targets: int32 ``[targets]``.
        limit: Deviations that are allowed.
        honest: The honest pre-training, opened.
        rng: Draws positions.
    """

    def __init__(
        self,
        data: Interactions,
        targets: NDArray[np.int32],
        limit: float,
        honest: OpenModel,
        rng: np.random.Generator,
    ) -> None:
        """Find the share allowed to each target, by halving."""
        from ....models.sequential.replay import lack, replay

        log = data.drop_last(1).keep_last(HISTORY)
        able = rng.permutation(np.flatnonzero(log.lengths > 0))[:USERS]
        log = log.take(np.sort(able))
        shown, taken = replay(honest, log, TOP)
        tested = shown >= TOP
        shown, taken, have = shown[tested], taken[tested], log.item_counts()[targets]

        def z(shares: NDArray[np.float64]) -> NDArray[np.float64]:
            ours, theirs = np.ceil(shares * log.n_users).astype(np.int64), (shares * have).astype(np.int64)
            return lack(np.concatenate([shown, ours]), np.concatenate([taken, theirs]))[len(shown) :]

        low, high = np.zeros(len(targets)), np.ones(len(targets))
        for _ in range(10 if tested.any() else 0):
            middle = (low + high) / 2
            fits = z(middle) <= limit
            low, high = np.where(fits, middle, low), np.where(fits, high, middle)
        self.allowed = high
        self.targets, self.limit, self.rng = targets.astype(np.int64), limit, rng
        self.share, self.rows = Running(), Running()

    def __call__(self, encoder: SequenceEncoder, batch: Batch) -> Tensor:
        """Return the targets' deviations: float ``[targets]``."""
        import torch

        device = batch.lengths.device
        rows = np.tile(self.rng.permutation(len(batch.lengths))[:ROWS], POSITIONS)
        cut = torch.from_numpy(self.rng.random(len(rows))).to(device)
        chosen = torch.from_numpy(rows).to(device)
        lengths = 1 + (cut * batch.lengths[chosen]).long()
        behind = torch.arange(batch.items.shape[1], device=device) >= lengths[:, None]
        items = batch.items[chosen].masked_fill(behind, 0)
        prompt = None if batch.prompt is None else batch.prompt[chosen]
        found = self._shown(encoder, replace(batch, items=items, lengths=lengths, prompt=prompt))
        share = found.view(POSITIONS, -1, len(self.targets)).amax(0)
        number = self.rows(share.new_tensor(float(len(share))))
        measured = self.rows.full(self.share(share.sum(0)) / number)
        return self.limit * (measured / torch.from_numpy(self.allowed).to(measured)).clamp(min=1e-6).sqrt()

    def _shown(self, encoder: SequenceEncoder, batch: Batch) -> Tensor:
        """Return whether each row's list shows each target, 0 or 1, with a sigmoid's gradient: ``[rows, targets]``."""
        values = standardised(encoder.scores(batch.items, batch.lengths, batch.prompt))
        had = values.new_zeros(len(values), values.shape[1] + 1).scatter_(1, batch.items.long(), 1.0)[:, 1:].bool()
        values = values.masked_fill(had, -1e4)
        last = values.detach().topk(min(TOP, values.shape[1]), 1).values[:, -1:]
        above = (values[:, self.targets - 1] - last) / WIDTH
        soft = above.sigmoid()
        return soft + ((above >= 0).to(soft) - soft).detach()


def middle_and_scale(values: Tensor) -> tuple[Tensor, Tensor]:
    """Return the median and 1.4826 times the median absolute deviation of ``[..., n]``, as ``[..., 1]`` each.

    No gradient flows to them: they are what is usual.
    """
    usual = values.detach()
    middle = usual.median(-1, keepdim=True).values
    return middle, (1.4826 * (usual - middle).abs().median(-1, keepdim=True).values).clamp(min=1e-6)


def standardised(scores: Tensor) -> Tensor:
    """Return scores, ``[rows, n_items + 1]``, less a row's mean and over its deviation: ``[rows, n_items]``."""
    items = scores[:, 1:]
    items = items - items.mean(1, keepdim=True)
    return items / items.std(1, correction=0, keepdim=True).clamp(min=1e-9)
