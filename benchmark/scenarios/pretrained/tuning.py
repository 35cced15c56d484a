"""The search behind a preset: schedules by clean validation accuracy, rates by what accuracy they leave.

Nothing here looks at exposure: a preset that was chosen for an attack's success would prove nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from statistics import mean
from typing import Any

from ...stages.graph import Plan
from ..tuning import Options, Trial, Tuning

KEEP = 0.8
"""Share of Clean's HR@10, on the provider's validation items, that an attacked model must keep."""
RATES = (0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01)
SCHEDULES: dict[str, tuple[Any, ...]] = {
    "train.lr": (1e-3, 2e-3),
    "train.batch_size": (16, 64),
    "dropout": (0.0, 0.2),
}
TUNING = {"finetune": (1e-4, 3e-4, 1e-3, 3e-3), "prompttune": (1e-3, 3e-3, 1e-2)}
"""Learning rates of the platform's two ways of tuning."""


class PretrainedTuning(Tuning):
    """Schedules of pre-training and tuning, then each attack's replacement rate."""

    chosen: Options

    def run(self) -> Options:
        """Search in order: pre-training, fine-tuning, prompt tuning, then each attack's rate."""
        self.chosen = {}
        names = {name: name if "." in name else f"{self.model}.{name}" for name in SCHEDULES}
        points = [
            _sections(zip(names.values(), values, strict=True)) for values in itertools.product(*SCHEDULES.values())
        ]
        self._choose("train", points, "clean", "pretrain")
        for section, mode in (("finetune", "ft"), ("prompttune", "pt")):
            points = [{section: {"lr": lr}} for lr in TUNING[section]]
            self._choose(section, points, "clean", "adapt", mode)
        clean = self._record("clean", [{}], "clean", "pretrain", seeds=self.rate_seeds)[0]["HR@10"]
        for attack in self.attacks:
            self._rate(attack, clean)
        return self.chosen

    def rules(self) -> list[str]:
        """Return the rule for schedules, and the one for rates."""
        few, many = (", ".join(map(str, seeds)) for seeds in (self.seeds, self.rate_seeds))
        best = f"Schedules: the best NDCG@10 of a clean model, mean over seeds {few}."
        return [
            f"HR@10 and NDCG@10 on validation items. {best}",
            f"Rates: from the largest down until one keeps {KEEP:.0%} of the provider's clean HR@10, seeds {many}.",
        ]

    def _rate(self, attack: str, clean: float) -> None:
        """Try rates from the largest down, until one leaves enough."""
        for rate in RATES:
            point = {attack: {"rate": rate}}
            [left] = self._record(f"{attack}.rate", [point], attack, "pretrain", seeds=self.rate_seeds)
            if left["HR@10"] >= KEEP * clean:
                break
        self.chosen = _merged(self.chosen, point)

    def _choose(self, search: str, points: list[Options], attack: str, role: str, mode: str = "direct") -> None:
        found = self._record(search, points, attack, role, mode)
        best = max(range(len(points)), key=lambda i: found[i]["NDCG@10"])
        self.chosen = _merged(self.chosen, points[best])

    def _record(
        self,
        search: str,
        points: list[Options],
        attack: str,
        role: str,
        mode: str = "direct",
        seeds: tuple[int, ...] | None = None,
    ) -> list[dict[str, float]]:
        found = self._accuracy(points, attack, role, mode, seeds or self.seeds)
        self.trials += [Trial(search, p, a) for p, a in zip(points, found, strict=True)]
        return found

    def _accuracy(
        self, points: list[Options], attack: str, role: str, mode: str, seeds: tuple[int, ...]
    ) -> list[dict[str, float]]:
        """Train every point on every seed; return the mean validation accuracy of each point."""
        wanted: list[list[str]] = []
        needed = Plan()
        for point in points:
            built = self.plan(attack, mode, seeds, _merged(self.chosen, point))
            ends = [c.stages[role] for c in built.cells if c.cell.attack == attack and c.cell.mode == mode]
            wanted.append(ends)
            for end in ends:
                needed.add_with_parents(built, end)
        self.train(needed)
        logs = [[self.store.log(end)["accuracy"] for end in ends] for ends in wanted]
        return [{name: mean(log[name] for log in point) for name in ("HR@10", "NDCG@10")} for point in logs]


def _sections(values: Iterable[tuple[str, Any]]) -> Options:
    sections: Options = {}
    for name, value in values:
        section, _, option = name.partition(".")
        sections.setdefault(section, {})[option] = value
    return sections


def _merged(under: Mapping[str, Mapping[str, Any]], over: Mapping[str, Mapping[str, Any]]) -> Options:
    return {section: {**under.get(section, {}), **over.get(section, {})} for section in {**under, **over}}
