"""What the seeds can and cannot tell: paired tests that may refuse, what they could have seen, Holm, tiers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .intervals import ROUNDING, Sample, deviation, special, summarize
from .scale import Scale

LEVEL = 0.05
MIN_PAIRS = 3
POWER = 0.8
NO_VARIATION = "the differences do not vary"


@dataclass(frozen=True)
class Comparison:
    """A paired, two-sided t-test, or the reason why there is none.

    Attributes:
        n: Pairs.
        mean_difference: Mean of ours - theirs, of ratios of their natural logarithms; None without pairs.
        t: Student's t with n - 1 degrees of freedom.
        p: Two-sided p-value, unadjusted; None if refused.
        effect_size: Cohen's d_z, the mean difference over the differences' standard deviation (n - 1),
            without Hedges' correction.
        reason: Why the test was refused, else None.
    """

    n: int
    mean_difference: float | None = None
    t: float | None = None
    p: float | None = None
    effect_size: float | None = None
    reason: str | None = None


def differences(ours: Sample, theirs: Sample) -> dict[int, float]:
    """Return ours - theirs for every seed in which both have a value."""
    return {seed: a - b for seed, a in sorted(ours.items()) if a is not None and (b := theirs.get(seed)) is not None}


def paired(ours: Sample, theirs: Sample, scale: Scale = Scale.PLAIN) -> Comparison:
    """Test ours against theirs over seeds, paired by seed: the differences, of ratios those of the logarithms.

    Refused, with the reason, if a seed has a value on one side only (failures need not be
    random), if there are fewer than three pairs, if all differences are equal, or if a ratio has no logarithm.
    """
    if scale is Scale.RATIO:
        values = [v for sample in (ours, theirs) for v in sample.values() if v is not None]
        if not all(map(scale.admits, values)):
            return Comparison(len(differences(ours, theirs)), reason="a ratio without a logarithm")
        ours, theirs = _logarithms(ours), _logarithms(theirs)
    between = differences(ours, theirs)
    seeds = {s for sample in (ours, theirs) for s, v in sample.items() if v is not None}
    reason = None
    if lonely := sorted(seeds - set(between)):
        plural = "s" if len(lonely) > 1 else ""
        reason = f"missing pairs: seed{plural} {', '.join(map(str, lonely))} on one side only"
    sizes = [abs(v) for sample in (ours, theirs) for v in sample.values() if v is not None]
    return _t_test(list(between.values()), max(sizes, default=0.0), reason)


def paired_users(ours: ArrayLike, theirs: ArrayLike) -> dict[str, float | None]:
    """Test per-user values paired by user; ``p`` and ``t`` are None if refused.

    Users of one trained model share its luck, so this tells about users and not about another training.
    """
    a, b = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
    result = _t_test(a - b, float(max(np.abs(a).max(initial=0.0), np.abs(b).max(initial=0.0))))
    return {"n": result.n, "mean_difference": result.mean_difference, "t": result.t, "p": result.p}


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjust p-values for their number (Holm, 1979); refused tests stay None and don't count."""
    order = sorted((p, i) for i, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for rank, (p, i) in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - rank) * p))
        adjusted[i] = largest
    return adjusted


def levels(p_values: Sequence[float | None]) -> list[float | None]:
    """Return the level at which Holm's procedure holds each p-value against: 5% over those not smaller, itself too."""
    tested = sorted(p for p in p_values if p is not None)
    return [None if p is None else LEVEL / (len(tested) - tested.index(p)) for p in p_values]


def detectable(test: Comparison, level: float) -> float | None:
    """Return the smallest true mean difference that such a test finds in four of five repetitions.

    Computed from the noncentral t distribution, as if the differences' standard deviation were the observed one;
    the side on which no effect is expected is left out. In the unit of ``mean_difference``; None if refused.
    """
    if test.t is None or not test.t or test.mean_difference is None:
        return None
    error, freedom = abs(test.mean_difference / test.t), test.n - 1
    critical = float(special().stdtrit(freedom, 1 - level / 2))
    return float(special().nctdtrinc(freedom, 1 - POWER, critical)) * error


def tiers(samples: Mapping[str, Sample], higher_is_better: bool = True) -> dict[str, int]:
    """Sort by mean into tiers, 1 first; a tier ends where an entry differs significantly from its first entry.

    The tests are paired by seed and adjusted (Holm) over all pairs of entries, since which
    pairs are looked at depends on the data. Entries without a value have no tier.
    """
    means = {label: m for label, s in samples.items() if (m := summarize(s).mean) is not None}
    order = sorted(means, key=lambda label: (-means[label] if higher_is_better else means[label], label))
    pairs = list(itertools.combinations(order, 2))
    adjusted = dict(zip(pairs, holm([paired(samples[a], samples[b]).p for a, b in pairs]), strict=True))
    result: dict[str, int] = {}
    first = ""
    for label in order:
        p = adjusted.get((first, label))
        if not result:
            result[label], first = 1, label
        elif p is not None and p < LEVEL:
            result[label], first = result[first] + 1, label
        else:
            result[label] = result[first]
    return result


def _logarithms(sample: Sample) -> dict[int, float]:
    return {seed: math.log(value) for seed, value in sample.items() if value is not None}


def _t_test(between: ArrayLike, size: float, reason: str | None = None) -> Comparison:
    array = np.asarray(between, np.float64)
    n = len(array)
    mean = float(np.mean(array)) if n else None
    if reason is None and n < MIN_PAIRS:
        reason = f"{n} pair{'' if n == 1 else 's'}, fewer than {MIN_PAIRS}"
    if reason is None and np.ptp(array) <= ROUNDING * size:
        reason = NO_VARIATION
    if reason is not None or mean is None:
        return Comparison(n, mean, reason=reason)
    d = mean / deviation(array)
    t = d * math.sqrt(n)
    return Comparison(n, mean, t, 2 * float(special().stdtr(n - 1, -abs(t))), d)
