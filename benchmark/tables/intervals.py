"""Means over seeds with 95% intervals that stay inside what the number can be."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .scale import Scale

ROUNDING = 1e-12
Sample = Mapping[int, float | None]


@dataclass(frozen=True)
class Summary:
    """One number over seeds; None where n is too small.

    Attributes:
        n: Seeds that have a value.
        mean: Their mean, of ratios the geometric one.
        std: Sample standard deviation (n - 1), of ratios that of the natural logarithms.
        low: Lower end of the 95% interval, the mean itself if all seeds have the same value.
        high: Upper end of it.
        reason: Why there is no mean although there are seeds, else None.
    """

    n: int
    mean: float | None = None
    std: float | None = None
    low: float | None = None
    high: float | None = None
    reason: str | None = None


def summarize(sample: Sample, scale: Scale = Scale.PLAIN) -> Summary:
    """Summarise one number over seeds; seeds without a value don't count, but a ratio needs all of them.

    With s the standard error of the mean m and t Student's quantile for n - 1 degrees of freedom:

    - PLAIN: m ± t s.
    - FRACTION and PERCENTAGE: with m as a fraction, logit(m) ± t s / (m (1 - m)), transformed back. This interval
      for proportions of surveys (Korn and Graubard, *Analysis of Health Surveys*, 1999; Stata's ``proportion``) is
      about the arithmetic mean, takes seeds of 0 and 1 as they are, and ends inside 0 and 1.
    - COUNT: the same with the logarithm, log(m) ± t s / m.
    - RATIO: exp(m ± t s) of the logarithms. A seed without a value, or with one that has no logarithm, leaves the
      whole mean undefined, and ``reason`` says so: leaving such seeds out would favour the others.
    """
    values = [v for _, v in sorted(sample.items()) if v is not None]
    if scale is Scale.RATIO and values:
        if bad := sum(v is None or not scale.admits(v) for v in sample.values()):
            return Summary(len(values), reason=f"undefined in {bad} of {len(sample)} seeds")
        found = _plain([math.log(v) for v in values])
        mean, low, high = (None if v is None else math.exp(v) for v in (found.mean, found.low, found.high))
        return replace(found, mean=mean, low=low, high=high)
    found = _plain(values)
    if not found.std or found.mean is None or found.high is None or scale.low is None:
        return found
    half = found.high - found.mean
    if not scale.low < found.mean < (scale.high or math.inf):  # outside what the metric may be, nothing is transformed
        return found
    if scale.high is None:
        return replace(found, low=found.mean * math.exp(-half / found.mean), high=_grown(found.mean, half))
    p = found.mean / scale.high
    step = half / scale.high / (p * (1 - p))
    odds, special_ = math.log(p / (1 - p)), special()
    low, high = (scale.high * float(special_.expit(odds + sign * step)) for sign in (-1, 1))
    return replace(found, low=low, high=high)


def change(ours: Sample, theirs: Sample, scale: Scale) -> Summary:
    """Summarise the change from theirs to ours, paired by seed: ours - theirs, or ours / theirs of ratios.

    The interval of a difference is m ± t s, cut where no difference of two such numbers can lie.
    """
    both = {s: (a, b) for s, a in sorted(ours.items()) if a is not None and (b := theirs.get(s)) is not None}
    if scale is Scale.RATIO:
        ratios = {s: a / b if scale.admits(a) and scale.admits(b) else None for s, (a, b) in both.items()}
        if None in ratios.values():
            return Summary(len(ratios), reason=f"undefined in {[*ratios.values()].count(None)} of {len(ratios)} seeds")
        return summarize(ratios, scale)
    found = summarize({s: a - b for s, (a, b) in both.items()})
    if scale.high is None or found.low is None or found.high is None:
        return found
    return replace(found, low=max(found.low, -scale.high), high=min(found.high, scale.high))


def _plain(values: Sequence[float]) -> Summary:
    n = len(values)
    if n < 2:
        return Summary(n, values[0] if values else None)
    mean, std = math.fsum(values) / n, deviation(np.array(values, np.float64))
    std = 0.0 if max(values) - min(values) <= ROUNDING * max(map(abs, values)) else std
    half = float(special().stdtrit(n - 1, 0.975)) * std / math.sqrt(n)
    return Summary(n, mean, std, mean - half, mean + half)


def deviation(values: NDArray[np.float64]) -> float:
    """Return the sample standard deviation of some numbers: the steps of numpy's, of which a table takes thousands."""
    n = len(values)
    centred = values - np.add.reduce(values) / n
    return math.sqrt(np.add.reduce(centred * centred) / (n - 1))


def _grown(mean: float, half: float) -> float:
    """Return the upper end for counts; infinity where it is too large for a float."""
    return mean * math.exp(min(half / mean, 700.0))


def special() -> Any:
    """Return scipy's functions: the t distribution without the second that scipy.stats takes to import."""
    from scipy import special as functions

    return functions
