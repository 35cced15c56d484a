"""The scanner: a policy that labels titles, and its reference copy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ....models.sequential.randomness import seeded
from .preference import dpo_loss
from .steps import descend
from .title_policy import TitlePolicy

if TYPE_CHECKING:
    from .published import PublishedTitles

BATCH = 64
"""Titles of a step."""
SMALL = "small"
"""The name of the networks that are made here."""


class Scanner:
    """Says how likely a title is poisoned.

    Args:
        policy: What labels, and learns.
        device: Where it computes.
        rng: Draws the order of examples.
    """

    def __init__(self, policy: TitlePolicy | PublishedTitles, device: str, rng: np.random.Generator) -> None:
        self.policy = policy.eval()
        self._reference, self._rng, self._device = self.policy.frozen(), rng, device

    def warm_start(self, titles: Sequence[str], poisoned: NDArray[np.bool_]) -> float:
        """Learn labels by cross-entropy, and keep what was learnt as the reference copy; return the mean loss.

        Args:
            titles: ``n`` titles.
            poisoned: bool ``[n]``: their labels.
        """
        labels = self._labels(poisoned)

        def loss(some: list[int]) -> Tensor:
            found = self.policy.log_labels([titles[i] for i in some])
            return -found.gather(1, labels[some, None]).mean()

        last = descend(self.policy, loss, len(titles), epochs=1, rate=self.policy.warm, batch=BATCH, rng=self._rng)
        self._reference = self.policy.frozen()
        return last

    def learn(self, titles: Sequence[str], poisoned: NDArray[np.bool_], epochs: int, beta: float) -> float:
        """Prefer each title's right label over the wrong one, and return the last mean loss.

        Args:
            titles: ``n`` titles.
            poisoned: bool ``[n]``: their right labels.
            epochs: How often each is seen.
            beta: How strongly the policy is held to its reference copy.
        """
        labels, part = self._labels(poisoned), self.policy.part
        with torch.no_grad():
            parts = [titles[k : k + part] for k in range(0, len(titles), part)]
            before = torch.cat([self._reference.log_labels(some) for some in parts])

        def loss(some: list[int]) -> Tensor:
            right, now, then = labels[some, None], self.policy.log_labels([titles[i] for i in some]), before[some]
            chosen, rejected = (now.gather(1, label)[:, 0] for label in (right, 1 - right))
            chosen_before, rejected_before = (then.gather(1, label)[:, 0] for label in (right, 1 - right))
            return dpo_loss(chosen, rejected, chosen_before, rejected_before, beta)

        rate = self.policy.later
        return descend(self.policy, loss, len(titles), epochs=epochs, rate=rate, batch=BATCH, rng=self._rng)

    def suspicion(self, titles: Sequence[str]) -> NDArray[np.float64]:
        """Return float64 ``[titles]``: the log odds that each is poisoned."""
        return self.policy.suspicion(titles)

    def weights(self) -> dict[str, NDArray[Any]]:
        """Return what the policy learned, by name."""
        return self.policy.learned()

    def _labels(self, poisoned: NDArray[np.bool_]) -> Tensor:
        return torch.from_numpy(poisoned.astype(np.int64)).to(self._device)


def title_policy(model: str, device: str) -> TitlePolicy | PublishedTitles:
    """Return a policy that has learned nothing yet; its parameters come from torch's random state.

    Args:
        model: ``small``, or a published language model: its folder, or its id on the hub.
        device: Where it computes.
    """
    if model == SMALL:
        return TitlePolicy().to(device)
    from .published import PublishedTitles

    return PublishedTitles(model, device)


def opened(weights: Mapping[str, NDArray[Any]], model: str, device: str) -> TitlePolicy | PublishedTitles:
    """Return the policy that learned this, to be asked and not to learn.

    Args:
        weights: What :meth:`Scanner.weights` returned.
        model: As for :func:`title_policy`.
        device: Where it computes.
    """
    values = {name: torch.from_numpy(np.array(value)) for name, value in weights.items()}
    if model != SMALL:
        from .published import PublishedTitles

        with seeded(0, "p-scanner", device):
            published = PublishedTitles(model, device)
        published.load(values)
        return published.eval().requires_grad_(False)
    with torch.device("meta"):  # draws nothing from torch's random state
        policy = TitlePolicy()
    policy.load_state_dict(values, assign=True)
    return policy.to(device).eval().requires_grad_(False)
