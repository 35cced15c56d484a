"""The agent: a policy that writes triggers, and its reference copy; or the families' grammars, which do not learn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch
from torch import Tensor

from ..common.families import Families
from .preference import dpo_loss
from .scanner import SMALL
from .steps import descend
from .trigger_policy import TriggerPolicy

if TYPE_CHECKING:
    from .published import PublishedTriggers

BATCH = 64
"""Titles of a step."""


class Agent(Protocol):
    """Writes triggers that the scanner is to find."""

    def draw(self, titles: Sequence[str], families: Sequence[str]) -> list[str]:
        """Return a trigger for each title, of the family that stands beside it."""
        ...

    def learn(
        self, titles: Sequence[str], families: Sequence[str], evaded: Sequence[str], caught: Sequence[str]
    ) -> float | None:
        """Prefer, for each title, the trigger that evaded the scanner over the one that was caught.

        Returns:
            The last mean loss; None if nothing was learnt.
        """
        ...


class FixedAgent:
    """Draws from the families' grammars, whatever the scanner finds.

    Args:
        families: The grammars.
        rng: Draws.
    """

    def __init__(self, families: Families, rng: np.random.Generator) -> None:
        self._families, self._rng = families, rng

    def draw(self, titles: Sequence[str], families: Sequence[str]) -> list[str]:
        """Return a trigger of each family."""
        return [self._families.draw(family, self._rng) for family in families]

    def learn(
        self, titles: Sequence[str], families: Sequence[str], evaded: Sequence[str], caught: Sequence[str]
    ) -> float | None:
        """Learn nothing."""
        return None


class LearningAgent:
    """Writes triggers with a policy of its own.

    Args:
        policy: What writes, and learns.
        rng: Draws triggers and the order of examples.
        beta: How strongly the policy is held to its reference copy.
        epochs: How often it sees each pair of a round.
    """

    def __init__(
        self, policy: TriggerPolicy | PublishedTriggers, rng: np.random.Generator, beta: float, epochs: int
    ) -> None:
        self.policy = policy
        self._reference, self._rng, self._beta, self._epochs = policy.frozen(), rng, beta, epochs

    def warm_start(self, titles: Sequence[str], families: Sequence[str], triggers: Sequence[str]) -> float:
        """Learn to write triggers like these, and keep what was learnt as the reference copy; return the mean loss.

        Args:
            titles: ``n`` titles.
            families: The family of each title's trigger.
            triggers: A trigger for each title.
        """

        def loss(some: list[int]) -> Tensor:
            return -self.policy.log_probability(*_taken(some, titles, families, triggers)).mean()

        last = descend(self.policy, loss, len(titles), epochs=1, rate=self.policy.warm, batch=BATCH, rng=self._rng)
        self._reference = self.policy.frozen()
        return last

    def draw(self, titles: Sequence[str], families: Sequence[str]) -> list[str]:
        """Return a trigger for each title, drawn from the policy."""
        return self.policy.draw(titles, families, self._rng) if titles else []

    def learn(
        self, titles: Sequence[str], families: Sequence[str], evaded: Sequence[str], caught: Sequence[str]
    ) -> float | None:
        """Take the pairs' log probabilities, and those of the reference copy, into the loss of preferences."""
        if not titles:
            return None
        with torch.no_grad():
            evaded_before = self._reference.log_probability(titles, families, evaded)
            caught_before = self._reference.log_probability(titles, families, caught)

        def loss(some: list[int]) -> Tensor:
            asked, kinds, better, worse = _taken(some, titles, families, evaded, caught)
            chosen = self.policy.log_probability(asked, kinds, better)
            rejected = self.policy.log_probability(asked, kinds, worse)
            return dpo_loss(chosen, rejected, evaded_before[some], caught_before[some], self._beta)

        rate = self.policy.later
        return descend(self.policy, loss, len(titles), epochs=self._epochs, rate=rate, batch=BATCH, rng=self._rng)


def trigger_policy(model: str, device: str) -> TriggerPolicy | PublishedTriggers:
    """Return a policy that has learned nothing yet; see ``scanner.title_policy``."""
    if model == SMALL:
        return TriggerPolicy().to(device)
    from .published import PublishedTriggers

    return PublishedTriggers(model, device)


def _taken(some: list[int], *columns: Sequence[str]) -> list[list[str]]:
    return [[column[i] for i in some] for column in columns]
