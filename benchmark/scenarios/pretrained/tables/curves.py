"""What an attack exposes and what accuracy it leaves, rate by rate, and what it exposes at a given accuracy."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ....stages.setting import BASELINES
from ....tables.intervals import special
from ....tables.result_sets import ResultSet, RowKey, method_name

OPTION = "rate"
"""The option of an attack that says how many labels it replaces."""


@dataclass(frozen=True)
class Point:
    """One rate of an attack.

    Attributes:
        rate: The rate; 0 for the clean model.
        exposure: Seed to HIT@5 of targets, in percent, among all users or, for a group attack, the target users.
        accuracy: Seed to HR@10 of all users.
    """

    rate: float
    exposure: dict[int, float]
    accuracy: dict[int, float]


@dataclass(frozen=True)
class Curve:
    """One attack in one mode, from the clean model to its largest rate.

    Attributes:
        attack: Its name, with those options by which it differs from the other curves of that name.
        mode: How the model is used.
        audience: Whose exposure it is: ``all`` or ``target`` users.
        points: The clean model's, then those of the rates, smallest first.
    """

    attack: str
    mode: str
    audience: str
    points: tuple[Point, ...]

    @property
    def seeds(self) -> list[int]:
        """The seeds that every point has."""
        return sorted(set.intersection(*({*point.exposure} & {*point.accuracy} for point in self.points)))

    def kept(self, point: Point, seeds: Iterable[int] | None = None) -> float:
        """Return the share of the clean model's HR@10 that is left, of the means over seeds."""
        chosen = list(self.seeds if seeds is None else seeds)
        return _mean(point.accuracy, chosen) / _mean(self.points[0].accuracy, chosen)


@dataclass(frozen=True)
class AtLevel:
    """What an attack exposes where it has cost so much accuracy.

    Attributes:
        exposure: HIT@5 of targets, in percent; None without seeds, or where the clean model never hits.
        low: Lower end of the 95% interval; None for fewer than three seeds.
        high: Upper end of it.
        rate: Where this is; the largest one tried if even that leaves more.
        reached: Whether a rate was tried that leaves less.
    """

    exposure: float | None
    low: float | None
    high: float | None
    rate: float | None
    reached: bool


def curves(result_set: ResultSet) -> list[Curve]:
    """Return a curve for every attack and mode of which two rates or more were run without a defense."""
    groups: dict[tuple[str, str, str], list[RowKey]] = {}
    for key in result_set.rows:
        options = _options(result_set, key)
        if key.defense == "none" and key.attack not in BASELINES and OPTION in options:
            rest = {name: value for name, value in options.items() if name != OPTION}
            groups.setdefault((method_name(key.attack), json.dumps(rest, sort_keys=True), key.mode), []).append(key)
    found = []
    for keys in groups.values():
        clean = result_set.baseline("clean", keys[0])
        if clean is not None and len({_options(result_set, key)[OPTION] for key in keys}) > 1:
            audience = "target" if result_set.audience(keys[0]) == "group" else "all"
            ordered = sorted(keys, key=lambda key: float(_options(result_set, key)[OPTION]))
            points = (
                _point(result_set, clean, 0.0, audience),
                *(_point(result_set, key, float(_options(result_set, key)[OPTION]), audience) for key in ordered),
            )
            found.append(Curve(_without_rate(keys[0].attack), keys[0].mode, audience, points))
    return found


def at_level(curve: Curve, level: float) -> AtLevel:
    """Return what an attack exposes where the mean HR@10 has fallen to ``level`` times the clean model's.

    Between two rates both are taken to change linearly; of several crossings the first counts. The interval is the
    jackknife's over seeds (Tukey, 1958): the estimate ± t times the standard error of the pseudo-values, with all of
    it computed anew without each seed, and cut to 0 and 100.
    """
    seeds = curve.seeds
    found = _crossing(curve, level, seeds)
    if found is None:
        return AtLevel(None, None, None, None, False)
    exposure, rate, reached = found
    without = [_crossing(curve, level, [s for s in seeds if s != left]) for left in seeds] if len(seeds) > 2 else []
    parts = [part[0] for part in without if part is not None]
    if not parts or len(parts) < len(seeds):
        return AtLevel(exposure, None, None, rate, reached)
    n, centre = len(parts), math.fsum(parts) / len(parts)
    error = math.sqrt((n - 1) / n * math.fsum((part - centre) ** 2 for part in parts))
    half = float(special().stdtrit(n - 1, 0.975)) * error
    return AtLevel(exposure, max(0.0, exposure - half), min(100.0, exposure + half), rate, reached)


def _crossing(curve: Curve, level: float, seeds: Sequence[int]) -> tuple[float, float, bool] | None:
    if not seeds or not _mean(curve.points[0].accuracy, seeds):
        return None
    steps = [(curve.kept(point, seeds), _mean(point.exposure, seeds), point.rate) for point in curve.points]
    for (before, low, slow), (after, high, fast) in pairwise(steps):
        if after < level <= before:
            part = (before - level) / (before - after)
            return low + part * (high - low), slow + part * (fast - slow), True
    _, exposure, rate = steps[-1]
    return exposure, rate, False


def _point(result_set: ResultSet, key: RowKey, rate: float, audience: str) -> Point:
    exposure, accuracy = (
        {seed: value for seed, value in result_set.sample(key, whose, metric).items() if value is not None}
        for whose, metric in ((audience, "HIT@5"), ("all", "HR@10"))
    )
    return Point(rate, exposure, accuracy)


def _options(result_set: ResultSet, key: RowKey) -> dict[str, float]:
    return dict(next(iter(result_set.rows[key].values())).attack_info.get("config") or {})


def _without_rate(label: str) -> str:
    return ":".join(part for part in label.split(":") if not part.startswith(f"{OPTION}="))


def _mean(values: dict[int, float], seeds: Sequence[int]) -> float:
    return math.fsum(values[seed] for seed in seeds) / len(seeds)
