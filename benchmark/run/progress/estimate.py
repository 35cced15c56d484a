"""Rough costs of stages, in seconds: what they took before, or what their scenario guesses."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import mean

from ... import scenarios
from ...stages.kind import StageKind
from ...stages.stage import Stage
from ...stages.store import Store


class Estimate:
    """Guesses from the stages of a plan that are already in the store, read once they are asked for."""

    def __init__(self, stages: Iterable[Stage], done: set[str], store: Store) -> None:
        self._kinds: dict[tuple[str, str], StageKind] = {}  # looking one up reads folders
        self._store = store
        self._done: dict[tuple[str, str], list[str]] = {}
        self._known: dict[tuple[str, str], float | None] = {}
        for stage in stages:
            if stage.id in done:
                self._done.setdefault((stage.kind, stage.name), []).append(stage.id)

    def seconds(self, stage: Stage) -> float:
        """Return the guess for one stage, on one worker."""
        place = stage.scenario, stage.kind
        if place not in self._kinds:
            self._kinds[place] = scenarios.kind(stage)
        guess = self._kinds[place].guess(stage)
        if guess is None:
            return 0.2
        like = stage.kind, stage.name
        if like not in self._known:
            took = [s for i in self._done.get(like, ()) if (s := self._store.seconds(i)) is not None]
            self._known[like] = mean(took) if took else None
        known = self._known[like]
        return guess if known is None else known


def readable(seconds: float) -> str:
    """Return a duration for people, e.g. ``3 min 20 s``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
