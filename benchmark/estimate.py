"""Rough costs of stages, in seconds: what they took before, or what their scenario guesses."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import mean

from . import scenarios
from .stage import Stage
from .store import Store


class Estimate:
    """Guesses from the stages of a plan that are already in the store."""

    def __init__(self, stages: Iterable[Stage], done: set[str], store: Store) -> None:
        self._scenarios = scenarios.by_kind()  # for all stages at once: looking them up reads folders
        known: dict[tuple[str, str], list[float]] = {}
        for stage in stages:
            if stage.id in done and self._guess(stage) is not None:
                seconds = store.seconds(stage.id)
                if seconds is not None:
                    known.setdefault((stage.kind, stage.name), []).append(seconds)
        self._known = {key: mean(values) for key, values in known.items()}

    def seconds(self, stage: Stage) -> float:
        """Return the guess for one stage, on one worker."""
        if (stage.kind, stage.name) in self._known:
            return self._known[stage.kind, stage.name]
        guess = self._guess(stage)
        return 0.2 if guess is None else guess

    def _guess(self, stage: Stage) -> float | None:
        return self._scenarios[stage.kind].guess(stage)


def readable(seconds: float) -> str:
    """Return a duration for people, e.g. ``3 min 20 s``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
