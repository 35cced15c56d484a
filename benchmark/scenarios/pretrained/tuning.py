"""The search behind a preset: schedules by clean validation accuracy, rates by what accuracy they leave.

Nothing here looks at exposure: a preset that was chosen for an attack's success would prove nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import fields
from statistics import mean
from typing import Any

from .... import models
from ....core.errors import UserError
from ....core.methods import find
from ...stages.graph import Plan
from ...tables.result_sets import method_name
from ..tuning import Options, Trial, Tuning

KEEP = 0.8
"""Share of Clean's HR@10, on the provider's validation items, that an attacked model must keep."""
RATES = (0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01)
SEARCH: Mapping[str, tuple[object, ...]] = {
    "train.lr": (1e-3, 2e-3),
    "train.batch_size": (16, 64),
    "dropout": (0.0, 0.2),
    "finetune.lr": (1e-4, 3e-4, 1e-3, 3e-3),
    "prompttune.lr": (1e-3, 3e-3, 1e-2),
}
"""What is tried where a model's ``search`` says nothing else; ``dropout`` where the model has that option."""
SEARCHES = {"train": ("pretrain", "direct"), "finetune": ("adapt", "ft"), "prompttune": ("adapt", "pt")}
"""Section to the stage that it is for, and to the mode that has this stage."""


class PretrainedTuning(Tuning):
    """Schedules of pre-training and tuning, then each attack's replacement rate."""

    chosen: Options

    def check(self) -> list[Plan]:
        """Refuse a model's ``search`` that names an option or a value that there is not, and attacks without a rate.

        Returns:
            A plan of each attack and each mode.

        Raises:
            UserError: Naming it.
        """
        name = method_name(self.model)
        methods = [method_name(attack) for attack in self.attacks]
        if twice := [attack for attack in self.attacks if methods.count(method_name(attack)) > 1]:
            raise UserError(f"--attacks {','.join(twice)}: a preset has one rate for a method; name each once.")
        plans = []
        for search, points in self._searches().items():
            for point in points:
                try:
                    found = self.plan("clean", SEARCHES[search][1], self.seeds[:1], point)
                except UserError as error:
                    raise UserError(f"the search of model {name}: {error}") from error
            plans.append(found)
        return plans + [self.plan(a, "direct", self.rate_seeds[:1], _rate_of(a, RATES[0])) for a in self.attacks]

    def run(self) -> Options:
        """Search in order: pre-training, fine-tuning, prompt tuning, then each attack's rate."""
        self.chosen = {}
        for search, points in self._searches().items():
            self._choose(search, points, "clean", *SEARCHES[search])
        if self.attacks:
            clean = self._record("clean", [{}], "clean", "pretrain", seeds=self.rate_seeds)[0]["HR@10"]
            for attack in self.attacks:
                self._rate(attack, clean)
        return self.chosen

    def _searches(self) -> dict[str, list[Options]]:
        """Return what is tried: every combination of values, by section."""
        name = method_name(self.model)
        model = find(models.registry, name, models.Model)
        known = {field.name for field in fields(model.Config)}
        usual = {option: values for option, values in SEARCH.items() if "." in option or option in known}
        wanted = {**usual, **model.search}
        table = {option if "." in option else f"{name}.{option}": values for option, values in wanted.items()}
        if strange := [option for option in table if option.partition(".")[0] not in (name, *SEARCHES)]:
            raise UserError(f"the search of model {name}: {strange[0]} is not of {', '.join(SEARCHES)} or the model.")
        found = {}
        setting = self.plan("clean", "direct", self.seeds[:1], {}).cells[0].setting
        prompts = model.takes_prompts and "attributes" not in setting.dataset.open(setting.data_config).lacks()
        for search in SEARCHES if prompts else [name for name in SEARCHES if name != "prompttune"]:
            sections = (search, name) if search == "train" else (search,)
            mine = {option: values for option, values in table.items() if option.partition(".")[0] in sections}
            found[search] = [_sections(zip(mine, values, strict=True)) for values in itertools.product(*mine.values())]
        return found

    def rules(self) -> list[str]:
        """Return the rule for schedules, and the one for rates."""
        few, many = (", ".join(map(str, seeds)) for seeds in (self.seeds, self.rate_seeds))
        best = f"Schedules: the best NDCG@10 of a clean model, mean over seeds {few}."
        said = [f"HR@10 and NDCG@10 on validation items. {best}"]
        if not self.attacks:
            return [*said, "Rates were not searched."]
        return [
            *said,
            f"Rates: from the largest down until one keeps {KEEP:.0%} of the provider's clean HR@10, seeds {many}.",
        ]

    def _rate(self, attack: str, clean: float) -> None:
        """Try rates from the largest down, until one leaves enough."""
        for rate in RATES:
            point = _rate_of(attack, rate)
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


def _rate_of(attack: str, rate: float) -> Options:
    return {method_name(attack): {"rate": rate}}


def _sections(values: Iterable[tuple[str, Any]]) -> Options:
    sections: Options = {}
    for name, value in values:
        section, _, option = name.partition(".")
        sections.setdefault(section, {})[option] = value
    return sections


def _merged(under: Mapping[str, Mapping[str, Any]], over: Mapping[str, Mapping[str, Any]]) -> Options:
    return {section: {**under.get(section, {}), **over.get(section, {})} for section in {**under, **over}}
