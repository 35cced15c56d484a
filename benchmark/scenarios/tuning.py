"""What ``rbench tune`` asks of a scenario: a search for options on one data set and one victim."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..stages.graph import Plan
from ..stages.store import Store

SEEDS = (1000, 1001)
"""Seeds of the search for schedules; a benchmark's are counted from 0."""
RATE_SEEDS = (1000, 1001, 1002, 1003, 1004)
"""Seeds of the search for rates: what an attack leaves of the accuracy varies with the targets drawn."""

Options = dict[str, dict[str, Any]]
"""Section to option to value."""
Train = Callable[[Plan], None]
PlanTrial = Callable[[str, str, tuple[int, ...], Options], Plan]


@dataclass(frozen=True)
class Trial:
    """One setting of the search and what it gave.

    Attributes:
        search: What was being searched, e.g. ``train`` or ``bra.rate``.
        options: Section to option to value.
        accuracy: Metric to its mean over the search's seeds, the same metrics in every trial.
    """

    search: str
    options: Mapping[str, Mapping[str, Any]]
    accuracy: Mapping[str, float]


class Tuning(ABC):
    """A search on one data set and one victim.

    Args:
        model: Name of the victim.
        attacks: Labels of the attacks whose rates are searched for.
        plan: Plans one attack, or ``clean``, in one mode over some seeds, with given options over all others.
        store: Where stages are kept, so that a search resumes like a run.
        train: Runs the stages of a plan that are missing.
        seeds: Seeds of the search for schedules.
        rate_seeds: Seeds of the search for rates.

    Attributes:
        trials: What was tried, in order.
    """

    def __init__(
        self,
        model: str,
        attacks: Sequence[str],
        plan: PlanTrial,
        store: Store,
        train: Train,
        seeds: tuple[int, ...] = SEEDS,
        rate_seeds: tuple[int, ...] = RATE_SEEDS,
    ) -> None:
        self.model, self.attacks = model, attacks
        self.plan, self.store, self.train = plan, store, train
        self.seeds, self.rate_seeds = seeds, rate_seeds
        self.trials: list[Trial] = []

    def check(self) -> Sequence[Plan]:
        """Refuse what cannot be searched, before anything is trained.

        Returns:
            Plans like those of the search, whose data must have what they need.

        Raises:
            UserError: Saying what is wrong.
        """
        return ()

    @abstractmethod
    def run(self) -> Options:
        """Search, and return the options chosen."""

    @abstractmethod
    def rules(self) -> list[str]:
        """Return how options were chosen, a sentence or two a line; they stand above the table of trials."""
