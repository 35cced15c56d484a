"""Every number of a section, with its interval, baseline and adjusted test: what CSV and Markdown both show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from .metrics import ACCURACY, METRICS
from .sections import Key, Section
from .statistics import Comparison, Summary, differences, holm, paired, summarize

AUDIENCES = ("all", "target", "non-target")
CHANCE = Key("(chance)", "", "none")


@dataclass(frozen=True)
class Number:
    """One number of a leaderboard.

    Attributes:
        key: Its row.
        audience: The users it is about.
        metric: Its name.
        summary: Mean and spread over seeds.
        baseline: ``clean``, ``local`` or empty.
        change: The difference to the baseline, paired by seed.
        test: The paired test against the baseline; None without one.
        p_adjusted: Its p-value adjusted over the table; None if refused.
    """

    key: Key
    audience: str
    metric: str
    summary: Summary
    baseline: str
    change: Summary
    test: Comparison | None
    p_adjusted: float | None = None


Numbers = dict[tuple[Key, str, str, str], Number]


def numbers(section: Section) -> Numbers:
    """Return all numbers by (row, audience, metric, baseline), in the order in which they are printed.

    A family of tests, over which Holm adjusts, is one column of one table: the same metric,
    audience and baseline, over all attacks that aim alike (everybody, or a group).
    """
    found = [number for key in section.rows for number in _of_row(section, key)]
    families: dict[tuple[str | None, str, str, str], list[int]] = {}
    for i, n in enumerate(found):
        if n.test:
            families.setdefault((section.audience(n.key), n.audience, n.metric, n.baseline), []).append(i)
    for members in families.values():
        adjusted = holm([test.p if (test := found[i].test) else None for i in members])
        for i, p in zip(members, adjusted, strict=True):
            found[i] = replace(found[i], p_adjusted=p)
    everything = [*found, *_of_chance(section)]
    return {(n.key, n.audience, n.metric, n.baseline): n for n in everything}


def _of_row(section: Section, key: Key) -> Iterator[Number]:
    records = section.rows[key].values()
    for audience in AUDIENCES:
        for metric in _metrics(m for record in records for m in record.metrics.get(audience, {})):
            sample = section.sample(key, audience, metric)
            summary = summarize(sample)
            if not summary.n:
                continue
            compared = False
            for name in ("clean", "local") if metric in ACCURACY else ("clean",):
                other = section.sample(section.baseline(name, key), audience, metric)
                if any(v is not None for v in other.values()):
                    change = summarize({**differences(sample, other)})
                    yield Number(key, audience, metric, summary, name, change, paired(sample, other))
                    compared = True
            if not compared:
                yield Number(key, audience, metric, summary, "", summarize({}), None)


def _of_chance(section: Section) -> Iterator[Number]:
    levels = section.chance()
    for audience in AUDIENCES:
        for metric in _metrics({metric for where, metric in levels if where == audience}):
            summary = summarize(levels[audience, metric])
            if summary.n:
                yield Number(CHANCE, audience, metric, summary, "", summarize({}), None)


def _metrics(names: Iterable[str]) -> list[str]:
    """Return names once each, in the order of the list of metrics, unknown ones after it."""
    return sorted(set(names), key=lambda name: (_ORDER.get(name, len(_ORDER)), name))


_ORDER = {name: place for place, name in enumerate(METRICS)}
