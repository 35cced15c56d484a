"""Every number of a result set, with its interval, baseline and adjusted test: what tables and CSV both show."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from ...core.records.record import Record
from .. import scenarios
from ..scenarios import Scenario
from ..tables.intervals import Sample, Summary, change, summarize
from ..tables.number import AUDIENCES, CHANCE, Number, Numbers
from ..tables.result_sets import ResultSet, RowKey, result_sets
from ..tables.statistics import holm, paired

Aggregated = list[tuple[ResultSet, Numbers]]


def aggregate(records: Iterable[Record]) -> Aggregated:
    """Sort records into result sets, each with its numbers.

    Raises:
        UserError: If records contradict each other.
    """
    return [(result_set, numbers(result_set)) for result_set in sort(records)]


def sort(records: Iterable[Record]) -> list[ResultSet]:
    """Sort records into result sets, the modes of each in its scenario's order.

    Raises:
        UserError: If records contradict each other.
    """
    return result_sets(records, lambda name: scenarios.get(name).modes)


def numbers(result_set: ResultSet) -> Numbers:
    """Return all numbers by (row, audience, metric, baseline), in the order in which they are printed.

    A family of tests, over which Holm adjusts, is one column of one table: the same metric,
    audience and baseline, over all attacks that aim alike (everybody, or a group).
    """
    scenario = scenarios.get(result_set.scenario)
    sample = functools.cache(result_set.sample)  # a baseline's is asked for by every row
    names = ("clean", "local")
    found = [
        number
        for key in result_set.rows
        for number in _of_row(
            result_set, scenario, key, sample, {name: result_set.baseline(name, key) for name in names}
        )
    ]
    families: dict[tuple[str | None, str, str, str], list[int]] = {}
    for i, n in enumerate(found):
        if n.test:
            families.setdefault((result_set.audience(n.key), n.audience, n.metric, n.baseline), []).append(i)
    for members in families.values():
        adjusted = holm([test.p if (test := found[i].test) else None for i in members])
        for i, p in zip(members, adjusted, strict=True):
            found[i] = replace(found[i], p_adjusted=p)
    everything = [*found, *_of_chance(result_set, scenario)]
    return {(n.key, n.audience, n.metric, n.baseline): n for n in everything}


def _of_row(
    result_set: ResultSet,
    scenario: Scenario,
    key: RowKey,
    sample: Callable[[RowKey | None, str, str], Sample],
    baselines: Mapping[str, RowKey | None],
) -> Iterator[Number]:
    records = result_set.rows[key].values()
    for audience in AUDIENCES:
        for metric in in_order({m for record in records for m in record.metrics.get(audience, {})}, scenario):
            ours, scale = sample(key, audience, metric), scenario.scale(metric)
            summary = summarize(ours, scale)
            if not summary.n:
                continue
            compared = False
            for name in ("clean", "local") if metric in scenario.accuracy else ("clean",):
                theirs = sample(baselines[name], audience, metric)
                if any(v is not None for v in theirs.values()):
                    test = paired(ours, theirs, scale)
                    yield Number(key, audience, metric, scale, summary, name, change(ours, theirs, scale), test)
                    compared = True
            if not compared:
                yield Number(key, audience, metric, scale, summary, "", Summary(0), None)


def _of_chance(result_set: ResultSet, scenario: Scenario) -> Iterator[Number]:
    levels = result_set.chance()
    for audience in AUDIENCES:
        for metric in in_order({metric for where, metric in levels if where == audience}, scenario):
            scale = scenario.scale(metric)
            summary = summarize(levels[audience, metric], scale)
            if summary.n:
                yield Number(CHANCE, audience, metric, scale, summary, "", Summary(0), None)


def in_order(names: Iterable[str], scenario: Scenario) -> list[str]:
    """Return metrics in the order of the scenario's list, unknown ones after it."""
    order = {name: place for place, name in enumerate(scenario.metrics)}
    return sorted(names, key=lambda name: (order.get(name, len(order)), name))
