"""Published claims as data, and whether the records bear them out."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ...core.errors import UserError
from ...core.toml import read_toml
from .. import scenarios
from ..stages.setting import BASELINES, scenario_of
from ..tables.intervals import summarize
from ..tables.result_sets import ResultSet, RowKey, method_name
from ..tables.scale import Scale
from ..tables.statistics import LEVEL, MIN_PAIRS, NO_VARIATION, Comparison, detectable, holm, levels, paired

HOLDS, REFUTED, UNDECIDED, NOT_RUN = "holds", "refuted", "undecided", "not run"
_RELATIONS = {">": 1, ">=": 1, "<": -1, "<=": -1}
Labels = Mapping[str, str]


@dataclass(frozen=True)
class Selector:
    """One number of a result set; attack and defense are names of methods, which stand for every set of options."""

    attack: str
    mode: str
    metric: str
    audience: str = "all"
    defense: str = "none"


@dataclass(frozen=True)
class Part:
    """``left relation factor × right``, where right is another number or a constant."""

    left: Selector
    relation: str
    right: Selector | float
    factor: float = 1.0


@dataclass(frozen=True)
class Claim:
    """A claim: it holds if all its parts do.

    Attributes:
        id: Its name.
        text: What is claimed.
        source: Where, and which numbers in it are ours.
        parts: All that it says.
        scenario: The scenario that it is about.
        where: The data set that it is about, under ``dataset``, and options that its attacks must have.
    """

    id: str
    text: str
    source: str
    parts: tuple[Part, ...]
    scenario: str
    where: Mapping[str, Any] = field(default_factory=dict)

    def concerns(self, result_set: ResultSet) -> bool:
        """Whether the claim is about a result set at all."""
        return (
            self.scenario == result_set.scenario and self.where.get("dataset", result_set.dataset) == result_set.dataset
        )


@dataclass(frozen=True)
class PartResult:
    """What a result set's records say about one part of a claim, for one choice of labels.

    Attributes:
        claim: The claim.
        part: The part of it.
        labels: Name of a method to label, for those that the claim names.
        left: Mean of the left side over seeds, of ratios the geometric one.
        right: Mean of the right side, factor included.
        scale: ``RATIO`` if the test is of logarithms: for ratios, and where a factor stands before the right side
            and both sides have one in every seed.
        test: Two-sided, of left - factor × right, paired by seed.
        p: Adjusted (Holm) over all parts of all claims of the result set.
        verdict: ``holds``, ``refuted``, ``undecided`` or ``not run``.
        note: Why.
        detectable: The smallest difference from equality, or factor, that the test finds with a power of 80%, at
            the level that Holm's procedure holds it against; None if refused.
    """

    claim: Claim
    part: Part
    labels: Labels
    left: float | None
    right: float | None
    scale: Scale
    test: Comparison
    p: float | None = None
    verdict: str = NOT_RUN
    note: str = ""
    detectable: float | None = None


def load(paths: Iterable[str | Path] | None = None) -> list[Claim]:
    """Read claims from TOML files; by default those of every scenario.

    Raises:
        UserError: If a file cannot be read as claims; names it and the claim.
    """
    found: list[Claim] = []
    shipped = sorted(scenario.claims for scenario in scenarios.every() if scenario.claims)
    for path in shipped if paths is None else map(Path, paths):
        table = read_toml(path)
        found += [_claim(raw, str(path), scenario_of(table)) for raw in table.get("claim", [])]
    if twice := {c.id for c in found if sum(o.id == c.id for o in found) > 1}:
        raise UserError(f"claim {min(twice)!r} is defined more than once; rename one.")
    return found


def judge(result_set: ResultSet, claims: Sequence[Claim]) -> list[PartResult]:
    """Judge every part of every claim, for every choice of labels with like options."""
    found = [
        _measure(result_set, claim, part, labels)
        for claim in claims
        if claim.concerns(result_set)
        for labels in assignments(result_set, claim)
        for part in claim.parts
    ]
    adjusted = holm([part_result.test.p for part_result in found])
    against = levels([part_result.test.p for part_result in found])
    return [
        _verdict(replace(part_result, p=p, detectable=None if level is None else _detectable(part_result, level)))
        for part_result, p, level in zip(found, adjusted, against, strict=True)
    ]


def overall(verdicts: Iterable[str]) -> str:
    """Return a claim's verdict from those of its parts: one that is refuted decides it, then one that is missing."""
    found = set(verdicts)
    return next(v for v in (REFUTED, NOT_RUN, UNDECIDED, HOLDS) if v in found)


def assignments(result_set: ResultSet, claim: Claim) -> list[Labels]:
    """Return every choice of labels for the methods in a claim.

    Labels with the same options go together (``pea:variant=released`` with ``bra-group:variant=released``);
    only where no such choice exists, every label goes with every other. A name that was not run stands for itself.
    """
    sides = [s for part in claim.parts for s in (part.left, part.right) if isinstance(s, Selector)]
    run = {key.attack for key in result_set.rows if _as_stated(result_set, key, claim)}
    options = sorted((name, value) for name, value in claim.where.items() if name != "dataset")
    missing = "".join(f":{name}={value}" for name, value in options)  # a label that no row has
    attacks = _choices({s.attack for s in sides} - {*BASELINES}, run, missing)
    defenses = _choices({s.defense for s in sides} - {"none"}, {key.defense for key in result_set.rows})
    return [{**a, **d} for a, d in itertools.product(attacks, defenses)]


def _as_stated(result_set: ResultSet, key: RowKey, claim: Claim) -> bool:
    """Whether a row's attack has the options that the claim is about."""
    config = next(iter(result_set.rows[key].values())).attack_info.get("config", {})
    return all(config.get(name) == value for name, value in claim.where.items() if name != "dataset")


def _choices(names: set[str], labels: set[str], missing: str = "") -> list[dict[str, str]]:
    options = {name: sorted(x for x in labels if method_name(x) == name) or [name + missing] for name in sorted(names)}
    every = [dict(zip(options, chosen, strict=True)) for chosen in itertools.product(*options.values())]
    alike = [c for c in every if len({label.partition(":")[2] for label in c.values()}) <= 1]
    return alike or every


def _measure(result_set: ResultSet, claim: Claim, part: Part, labels: Labels) -> PartResult:
    left = _sample(result_set, part.left, labels)
    if isinstance(part.right, Selector):
        right = {seed: part.factor * value for seed, value in _sample(result_set, part.right, labels).items()}
    else:
        right = dict.fromkeys(left, part.factor * part.right)
    metric = scenarios.get(result_set.scenario).scale(part.left.metric)
    every = [*left.values(), *right.values()]
    factors = metric is Scale.RATIO or (part.factor != 1 and all(map(Scale.RATIO.admits, every)))
    scale = Scale.RATIO if factors else metric
    test = paired(left, right, scale) if left and right else Comparison(0, reason="no records")
    printed = Scale.RATIO if metric is Scale.RATIO else Scale.PLAIN
    means = [summarize({**side}, printed).mean for side in (left, right)]
    return PartResult(claim, part, labels, means[0], means[1], scale, test)


def _detectable(part_result: PartResult, level: float) -> float | None:
    least = detectable(part_result.test, level)
    return math.exp(min(least, 700.0)) if least is not None and part_result.scale is Scale.RATIO else least


def _sample(result_set: ResultSet, side: Selector, labels: Labels) -> dict[int, float]:
    key = RowKey(labels.get(side.attack, side.attack), side.mode, labels.get(side.defense, side.defense))
    if side.attack == "local":
        key = next((k for k in result_set.rows if k.attack == "local" and k.defense == key.defense), key)
    return {seed: v for seed, v in result_set.sample(key, side.audience, side.metric).items() if v is not None}


def _verdict(part_result: PartResult) -> PartResult:
    test, relation, p = part_result.test, part_result.part.relation, part_result.p
    mean = test.mean_difference
    if part_result.test.n == 0:
        verdict, note = NOT_RUN, test.reason or ""
    elif mean is None or test.n < MIN_PAIRS or (test.p is None and test.reason != NO_VARIATION):
        verdict, note = UNDECIDED, test.reason or ""
    elif p is not None and p >= LEVEL:
        verdict, note = UNDECIDED, "not significant"
    elif p is None and mean == 0 and "=" not in relation:
        verdict, note = UNDECIDED, "both sides are the same in every seed"
    else:
        verdict = HOLDS if _RELATIONS[relation] * mean >= 0 else REFUTED
        note = "the same in every seed, which no test can judge" if p is None else ""
    return replace(part_result, verdict=verdict, note=note)


def _claim(raw: Mapping[str, Any], where: str, scenario: str) -> Claim:
    name = f"{where}: claim {raw.get('id', '?')!r}"
    try:
        parts = tuple(_part(part) for part in raw["part"])
        id_, text, source = (str(raw[name]) for name in ("id", "text", "source"))
        claim = Claim(id_, text, source, parts, scenario, dict(raw.get("where", {})))
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{name} cannot be read: {error} is missing or wrong.") from None
    if not parts or set(raw) - {"id", "text", "source", "part", "where"}:
        raise UserError(f"{name} should have id, text, source and at least one part, and nothing else.")
    return claim


def _part(raw: Mapping[str, Any]) -> Part:
    if raw["relation"] not in _RELATIONS:
        raise ValueError(f"relation {raw['relation']!r}")
    right = raw["right"]
    side = Selector(**right) if isinstance(right, Mapping) else float(right)
    if unknown := set(raw) - {"left", "relation", "right", "factor"}:
        raise ValueError(f"{min(unknown)!r}")
    factor = float(raw.get("factor", 1.0))
    if not factor > 0:
        raise ValueError(f"factor {factor:g}")
    return Part(Selector(**raw["left"]), raw["relation"], side, factor)
