"""The scanner: a policy that labels titles, and its reference copy."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..common.title_bytes import title_bytes
from .preference import dpo_loss
from .steps import descend
from .title_policy import LENGTH, PART, TitlePolicy

BATCH = 64
"""Titles of a step."""
WARM, LATER = 3e-3, 3e-4
"""Learning rates of the warm start and of preference optimisation."""


class Scanner:
    """Says how likely a title is poisoned.

    Args:
        device: Where it computes.
        rng: Draws the order of examples; the parameters come from torch's random state.
    """

    def __init__(self, device: str, rng: np.random.Generator) -> None:
        self.policy = TitlePolicy().to(device).eval()
        self._reference, self._rng, self._device = self.policy, rng, device

    def warm_start(self, titles: Sequence[str], poisoned: NDArray[np.bool_]) -> float:
        """Learn labels by cross-entropy, and keep what was learnt as the reference copy; return the mean loss.

        Args:
            titles: ``n`` titles.
            poisoned: bool ``[n]``: their labels.
        """
        rows, labels = self._examples(titles, poisoned)

        def loss(some: list[int]) -> Tensor:
            found: Tensor = self.policy(rows[some].long())
            return -found.gather(1, labels[some, None]).mean()

        last = descend(self.policy, loss, len(rows), epochs=1, rate=WARM, batch=BATCH, rng=self._rng)
        self._reference = copy.deepcopy(self.policy).eval()
        return last

    def learn(self, titles: Sequence[str], poisoned: NDArray[np.bool_], epochs: int, beta: float) -> float:
        """Prefer each title's right label over the wrong one, and return the last mean loss.

        Args:
            titles: ``n`` titles.
            poisoned: bool ``[n]``: their right labels.
            epochs: How often each is seen.
            beta: How strongly the policy is held to its reference copy.
        """
        rows, labels = self._examples(titles, poisoned)
        with torch.no_grad():
            before = torch.cat([self._reference(part.long()) for part in torch.split(rows, PART)])

        def loss(some: list[int]) -> Tensor:
            right, now, then = labels[some, None], self.policy(rows[some].long()), before[some]
            chosen, rejected = (now.gather(1, label)[:, 0] for label in (right, 1 - right))
            chosen_before, rejected_before = (then.gather(1, label)[:, 0] for label in (right, 1 - right))
            return dpo_loss(chosen, rejected, chosen_before, rejected_before, beta)

        return descend(self.policy, loss, len(rows), epochs=epochs, rate=LATER, batch=BATCH, rng=self._rng)

    def suspicion(self, titles: Sequence[str]) -> NDArray[np.float64]:
        """Return float64 ``[titles]``: the log odds that each is poisoned."""
        return self.policy.suspicion(titles)

    def weights(self) -> dict[str, NDArray[Any]]:
        """Return the policy's parameters by name."""
        return {name: value.cpu().numpy() for name, value in self.policy.state_dict().items()}

    def _examples(self, titles: Sequence[str], poisoned: NDArray[np.bool_]) -> tuple[Tensor, Tensor]:
        rows, labels = title_bytes(titles, LENGTH), poisoned.astype(np.int64)
        return torch.from_numpy(rows).to(self._device), torch.from_numpy(labels).to(self._device)


def opened(weights: Mapping[str, NDArray[Any]], device: str) -> TitlePolicy:
    """Return the policy with these parameters, to be asked and not to learn."""
    with torch.device("meta"):  # draws nothing from torch's random state
        policy = TitlePolicy()
    policy.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in weights.items()}, assign=True)
    return policy.to(device).eval().requires_grad_(False)
