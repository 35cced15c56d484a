"""Rounds in which the agent writes triggers, the scanner learns to find them, and the agent learns what it missed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.families import draw_place, insert
from ..common.threshold import threshold
from .agent import Agent
from .scanner import Scanner

ANSWERS = 4
"""Triggers that the agent writes for one title in a round."""


@dataclass(frozen=True, eq=False)
class Rounds:
    """What scanner and agent play with.

    Attributes:
        learn: Trusted titles from which both learn.
        held: Trusted titles on which the threshold is fixed.
        families: What families of triggers the agent is asked for.
        fpr: False-positive rate of the threshold: what is above it is caught.
        beta: How strongly the scanner is held to its reference copy.
        epochs: How often the scanner sees each title of a round.
    """

    learn: Sequence[str]
    held: Sequence[str]
    families: Sequence[str]
    fpr: float
    beta: float
    epochs: int

    def play(
        self, scanner: Scanner, agent: Agent, n: int, rng: np.random.Generator, report: Callable[[float], None]
    ) -> list[Mapping[str, Any]]:
        """Play ``n`` rounds, and return what to log of each.

        Args:
            scanner: Learns to tell titles with the agent's triggers from clean ones.
            agent: Learns to write triggers that the scanner does not find.
            n: How many rounds.
            rng: Draws families and places of triggers.
            report: Called with the fraction that is done.
        """
        log = []
        for done in range(n):
            log.append(self._round(scanner, agent, rng))
            report((done + 1) / n)
        return log

    def _round(self, scanner: Scanner, agent: Agent, rng: np.random.Generator) -> Mapping[str, Any]:
        titles = list(self.learn)
        kinds = self.draw_families(len(titles), rng)
        places = [draw_place(title, rng) for title in titles]
        answers = [agent.draw(titles, kinds) for _ in range(ANSWERS)]
        allowed = np.array([self._allowed(column) for column in answers])
        written = [[insert(*parts) for parts in zip(titles, column, places, strict=True)] for column in answers]
        poisoned = [title for title, good in zip(written[0], allowed[0], strict=True) if good]
        labels = np.repeat([False, True], [len(titles), len(poisoned)])
        missed = float((scanner.suspicion(poisoned) <= self.threshold(scanner)).mean()) if poisoned else 0.0
        loss = scanner.learn([*titles, *poisoned], labels, self.epochs, self.beta)
        limit = self.threshold(scanner)
        scores = np.array([scanner.suspicion(column) for column in written])
        least, most = _extremes(scores, allowed)
        n = np.arange(len(titles))
        pairs = np.flatnonzero((scores[least, n] <= limit) & (scores[most, n] > limit) & allowed.any(0))
        evaded, caught = ([answers[row[i]][i] for i in pairs] for row in (least, most))
        agent_loss = agent.learn([titles[i] for i in pairs], [kinds[i] for i in pairs], evaded, caught)
        still = float((scores <= limit)[allowed].mean()) if allowed.any() else 0.0
        return {
            "evasion before": round(missed, 4),
            "evasion after": round(still, 4),
            "labelled poisoned": round(float((scanner.suspicion(self.held) > 0).mean()), 4),
            "distinct triggers": len({trigger for column in answers for trigger in column}),
            "not allowed": int((~allowed).sum()),
            "pairs": len(pairs),
            "scanner loss": round(loss, 4),
            "agent loss": None if agent_loss is None else round(agent_loss, 4),
        }

    def draw_families(self, n: int, rng: np.random.Generator) -> list[str]:
        """Return ``n`` families, each drawn with equal chances."""
        return [self.families[i] for i in rng.integers(len(self.families), size=n)]

    def threshold(self, scanner: Scanner) -> float:
        """Return the threshold on titles from which the scanner does not learn."""
        return threshold(scanner.suspicion(self.held), self.fpr)

    def _allowed(self, triggers: Sequence[str]) -> list[bool]:
        """Say of each trigger whether it shows: it is not blank, and no trusted title ends like it."""
        return [bool(trigger.strip()) and trigger not in self._endings for trigger in triggers]

    @cached_property
    def _endings(self) -> frozenset[str]:
        return frozenset(title[start:] for title in self.learn for start in range(len(title)))


def _extremes(scores: NDArray[np.float64], allowed: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return, of each column, the rows of the lowest and of the highest score that is allowed."""
    return np.where(allowed, scores, np.inf).argmin(0), np.where(allowed, scores, -np.inf).argmax(0)
