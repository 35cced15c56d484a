"""Every number of a section, with its interval, baseline and adjusted test: what CSV and Markdown both show."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from ...core.record import Record
from .. import scenarios
from ..scenarios import Scenario
from ..tables.number import AUDIENCES, CHANCE, Number, Numbers
from ..tables.result_sets import Key, Section, sections
from ..tables.statistics import Sample, differences, holm, paired, summarize

Counted = list[tuple[Section, Numbers]]


def counted(records: Iterable[Record]) -> Counted:
    """Sort records into sections, each with its numbers.

    Raises:
        UserError: If records contradict each other.
    """
    return [(section, numbers(section)) for section in sections(records)]


def numbers(section: Section) -> Numbers:
    """Return all numbers by (row, audience, metric, baseline), in the order in which they are printed.

    A family of tests, over which Holm adjusts, is one column of one table: the same metric,
    audience and baseline, over all attacks that aim alike (everybody, or a group).
    """
    scenario = scenarios.get(section.scenario)
    sample = functools.cache(section.sample)  # a baseline's is asked for by every row
    found = [number for key in section.rows for number in _of_row(section, scenario, key, sample)]
    families: dict[tuple[str | None, str, str, str], list[int]] = {}
    for i, n in enumerate(found):
        if n.test:
            families.setdefault((section.audience(n.key), n.audience, n.metric, n.baseline), []).append(i)
    for members in families.values():
        adjusted = holm([test.p if (test := found[i].test) else None for i in members])
        for i, p in zip(members, adjusted, strict=True):
            found[i] = replace(found[i], p_adjusted=p)
    everything = [*found, *_of_chance(section, scenario)]
    return {(n.key, n.audience, n.metric, n.baseline): n for n in everything}


def _of_row(
    section: Section, scenario: Scenario, key: Key, sample: Callable[[Key | None, str, str], Sample]
) -> Iterator[Number]:
    records = section.rows[key].values()
    for audience in AUDIENCES:
        for metric in _sorted({m for record in records for m in record.metrics.get(audience, {})}, scenario):
            ours = sample(key, audience, metric)
            summary = summarize(ours)
            if not summary.n:
                continue
            compared = False
            for name in ("clean", "local") if metric in scenario.accuracy else ("clean",):
                theirs = sample(section.baseline(name, key), audience, metric)
                if any(v is not None for v in theirs.values()):
                    change = summarize({**differences(ours, theirs)})
                    yield Number(key, audience, metric, summary, name, change, paired(ours, theirs))
                    compared = True
            if not compared:
                yield Number(key, audience, metric, summary, "", summarize({}), None)


def _of_chance(section: Section, scenario: Scenario) -> Iterator[Number]:
    levels = section.chance()
    for audience in AUDIENCES:
        for metric in _sorted({metric for where, metric in levels if where == audience}, scenario):
            summary = summarize(levels[audience, metric])
            if summary.n:
                yield Number(CHANCE, audience, metric, summary, "", summarize({}), None)


def _sorted(names: Iterable[str], scenario: Scenario) -> list[str]:
    """Return metrics in the order of the scenario's list, unknown ones after it."""
    order = {name: place for place, name in enumerate(scenario.metrics)}
    return sorted(names, key=lambda name: (order.get(name, len(order)), name))
