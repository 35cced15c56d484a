"""For which model, and on which data, a preset's schedules and rates were chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...core.config import configure
from .options import merge


@dataclass(frozen=True)
class Tuned:
    """What a preset says of itself in ``[tuned]``, or for one model in ``[with.MODEL.tuned]``; no part of any id."""

    model: str = ""
    """The model for which they were searched, published or thought of; empty: not said."""
    dataset: str = ""
    """The data set on which they were searched; empty: none, or not said."""

    @classmethod
    def take(cls, preset: dict[str, Any]) -> Tuned:
        """Take the section out of a preset.

        Raises:
            UserError: If it says something else than model and data set.
        """
        said: Mapping[str, Any] = merge({"tuned": preset.pop("tuned", {})})["tuned"]
        return configure(cls, said, "tuned")

    rates: str = ""
    """The model with which attacks' rates were chosen, where it is another; ``none``: they were not searched."""

    def otherwise(self, model: str, dataset: str) -> str:
        """Return for what else schedules were chosen, empty if for this model and on these data."""
        wrong = [f"for {self.model}, not for {model}"] * (self.model not in ("", model))
        wrong += [f"on {self.dataset}, not on {dataset}"] * (self.dataset not in ("", dataset))
        return f"chosen {' and '.join(wrong)}" if wrong else ""

    def rates_of(self, model: str) -> str:
        """Return how attacks' rates were chosen, empty if with this model or if nothing is said of them."""
        if self.rates in ("", model):
            return ""
        return "not searched" if self.rates == "none" else f"chosen with {self.rates}, not with {model}"
