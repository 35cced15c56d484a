"""Two sets of results side by side: every cell that is in both, paired by seed."""

from __future__ import annotations

import html
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ...core.errors import UserError
from ...core.records.record import Cell
from .. import scenarios
from ..tables import intervals, statistics
from ..tables.number import AUDIENCES
from ..tables.result_sets import ResultSet, RowKey
from ..tables.scale import Scale
from .aggregate import in_order

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    *("dataset", "model", "attack", "mode", "defense", "audience", "metric", "n_seeds", "first", "second"),
    *("difference", "ci_low", "ci_high", "p_value", "p_adjusted", "effect_size", "no_test"),
)
_FEW = 5  # cells that only one of two results has are named, or, if more, counted by attack
Names = tuple[str, str]


@dataclass(frozen=True)
class Difference:
    """One number in both results.

    Attributes:
        result_set: The first results' records of its data set, model and protocol.
        key: Its row.
        audience: The users it is about.
        metric: Its name.
        first: Mean over the seeds that both results have, in the first.
        second: The same in the second.
        scale: The metric's scale.
        change: Second - first, of a ratio second / first, paired by seed.
        test: The paired test of it.
        p_adjusted: Its p-value adjusted (Holm) over the column: the same metric and audience in all rows
            whose attacks aim alike; None if refused.
    """

    result_set: ResultSet
    key: RowKey
    audience: str
    metric: str
    first: float | None
    second: float | None
    scale: Scale
    change: intervals.Summary
    test: statistics.Comparison
    p_adjusted: float | None = None

    @property
    def is_zero(self) -> bool:
        """Whether both results have the same value in every seed."""
        return self.test.mean_difference == 0 and not self.change.std

    def values(self) -> list[str | int | float | None]:
        """Return it as a row, in the order of ``COLUMNS``."""
        change, test = self.change, self.test
        place = (self.result_set.dataset, self.result_set.model, *self.key, self.audience, self.metric)
        spread = (change.n, self.first, self.second, change.mean, change.low, change.high)
        return [*place, *spread, test.p, self.p_adjusted, test.effect_size, test.reason or ""]


@dataclass(frozen=True)
class ResultsComparison:
    """What two results have in common, and how it differs.

    Attributes:
        names: What the two are called.
        differences: Every number that both have, or that only one has in cells that both have.
        only: For each of the two, the finished cells that the other lacks, or where they failed.
        notes: Options of methods and software that differ; all else of the protocol is the same.
        n_cells: How many cells are in both.
        n_same: How many of them come from the very same stages in both.
    """

    names: Names
    differences: list[Difference]
    only: tuple[list[Cell], ...]
    notes: list[str]
    n_cells: int
    n_same: int

    def frame(self) -> pd.DataFrame:
        """Return a row a number.

        Columns: ``dataset``, ``model``, ``attack``, ``mode``, ``defense``, ``audience``, ``metric``; ``n_seeds``, the
        pairs; ``first`` and ``second``, means over the seeds that both results have; ``difference``, second - first,
        of a ratio second / first, with ``ci_low`` and ``ci_high``, its 95% interval over seeds; ``p_value`` of the
        two-sided t-test paired by seed, ``p_adjusted`` (Holm over the metric's column), ``effect_size`` (Cohen's
        d_z); ``no_test``, why there is none, or empty.
        """
        import pandas as pd

        frame = pd.DataFrame([difference.values() for difference in self.differences], columns=list(COLUMNS))
        return frame.astype(dict.fromkeys(COLUMNS[8:-1], float))

    def sentences(self) -> list[str]:
        """Return in words what was compared, what differs beside the numbers, and what is only in one."""
        first, second = self.names
        said = [
            f"{first} (first) and {second} (second): {self.n_cells} cells in both, {self.n_same} from the same stages."
        ]
        said += self.notes
        for name, cells in zip(self.names, self.only, strict=True):
            if cells:
                said.append(f"Only {name} has {_listed(cells)}.")
        return said

    def __repr__(self) -> str:
        differing = sum(not difference.is_zero for difference in self.differences)
        return "\n".join([*self.sentences(), f"{differing} of {len(self.differences)} numbers differ."])

    def _repr_html_(self) -> str:
        frame = self.frame()
        said = "".join(f"<p>{html.escape(sentence)}</p>" for sentence in repr(self).splitlines())
        differing = frame[[not difference.is_zero for difference in self.differences]]
        return said + str(differing.to_html(index=False, max_rows=60, float_format="{:.4g}".format, na_rep=""))


def compare(first: Sequence[ResultSet], second: Sequence[ResultSet], names: Names) -> ResultsComparison:
    """Pair the cells of two results by their coordinates and seed, and test the differences second - first.

    Means and tests are over the seeds that both results have for a data set and model; a test is refused
    where a row lacks one of these on one side only, as in every table.

    Raises:
        UserError: If the same data set and model come under different protocols, or no cell is in both.
    """
    pairs = list(_pairs(first, second, names))
    found = [difference for pair in pairs for difference in _differences(*pair)]
    ours, theirs = (dict(place for own in results for place in _cells(own)) for results in (first, second))
    both = ours.keys() & theirs.keys()
    if not both:
        raise UserError(f"{names[0]} and {names[1]} have no cell in common: {_extent(first)}; {_extent(second)}.")
    only = tuple(sorted(cell for _, cell in own.keys() - both) for own in (ours, theirs))
    same = sum(ours[place] == theirs[place] for place in both)
    notes = list(dict.fromkeys(note for pair in pairs for note in _notes(*pair, names)))
    return ResultsComparison(names, _adjusted(found), only, notes, len(both), same)


def differing(first: Mapping[str, Any], second: Mapping[str, Any], names: Names) -> list[str]:
    """Return in words what differs between two tables of options, both values."""
    return [
        f"{option} is {_value(first, option)} in {names[0]} and {_value(second, option)} in {names[1]}"
        for option in sorted({*first, *second})
        if _value(first, option) != _value(second, option)
    ]


def _listed(cells: Sequence[Cell]) -> str:
    if len(cells) <= _FEW:
        return ", ".join(" ".join((c.dataset, c.attack, c.mode, c.defense, f"seed {c.seed}")) for c in cells)
    counts = Counter(f"{c.dataset} {c.attack}" for c in cells)
    return f"{len(cells)} cells: {', '.join(f'{count} of {name}' for name, count in counts.items())}"


def _value(options: Mapping[str, Any], name: str) -> str:
    return json.dumps(options[name], ensure_ascii=False, sort_keys=True) if name in options else "not stated"


def _pairs(
    first: Iterable[ResultSet], second: Sequence[ResultSet], names: Names
) -> Iterator[tuple[ResultSet, ResultSet]]:
    """Pair result sets of one data set, model and protocol.

    Raises:
        UserError: If a data set and model are in both, and never under one protocol.
    """
    places: dict[tuple[str, str], list[ResultSet]] = {}
    for ours in first:
        places.setdefault((ours.dataset, ours.model), []).append(ours)
    for (dataset, model), own in places.items():
        others = [theirs for theirs in second if (theirs.dataset, theirs.model) == (dataset, model)]
        same = [(ours, theirs) for ours in own for theirs in others if ours.digest == theirs.digest]
        if others and not same:
            ways = [differing(ours.protocol, theirs.protocol, names) for ours in own for theirs in others]
            nearest = min(ways, key=len)
            raise UserError(
                f"{dataset} · {model}: {names[0]} and {names[1]} follow different protocols, and their numbers must "
                f"not be compared: {'; '.join(nearest)}."
            )
        yield from same


def _differences(ours: ResultSet, theirs: ResultSet) -> Iterator[Difference]:
    scenario = scenarios.get(ours.scenario)
    seeds = _seeds(ours) & _seeds(theirs)
    for key in ours.rows:
        if not (shared := seeds & {*ours.rows[key]} & {*theirs.rows.get(key, {})}):
            continue
        some = [result_set.rows[key][seed] for result_set in (ours, theirs) for seed in shared]
        for audience in AUDIENCES:
            for metric in in_order({m for record in some for m in record.metrics.get(audience, {})}, scenario):
                a, b = (
                    {s: v for s, v in result_set.sample(key, audience, metric).items() if s in seeds}
                    for result_set in (ours, theirs)
                )
                scale = scenario.scale(metric)
                mean_a, mean_b = intervals.summarize(a, scale).mean, intervals.summarize(b, scale).mean
                if (mean_a, mean_b) != (None, None):
                    change, test = intervals.change(b, a, scale), statistics.paired(b, a, scale)
                    yield Difference(ours, key, audience, metric, mean_a, mean_b, scale, change, test)


def _adjusted(found: list[Difference]) -> list[Difference]:
    """Adjust the p-values of every column: one metric and audience, over the rows whose attacks aim alike."""
    families: dict[tuple[object, ...], list[int]] = {}
    for i, d in enumerate(found):
        families.setdefault((id(d.result_set), d.result_set.audience(d.key), d.audience, d.metric), []).append(i)
    for members in families.values():
        for i, p in zip(members, statistics.holm([found[i].test.p for i in members]), strict=True):
            found[i] = replace(found[i], p_adjusted=p)
    return found


def _notes(ours: ResultSet, theirs: ResultSet, names: Names) -> Iterator[str]:
    """Say which options of attacks and which software differ, of rows and records that both have."""
    for key in ours.rows:
        if key in theirs.rows:
            a, b = (next(iter(side.rows[key].values())).attack_info.get("config", {}) for side in (ours, theirs))
            yield from (f"{key.attack}: {text}." for text in differing(a, b, names))
    yield from (f"Software: {text}." for text in differing(_versions(ours), _versions(theirs), names))


def _versions(result_set: ResultSet) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for rows in result_set.rows.values():
        for record in rows.values():
            for name, version in record.versions.items():
                found.setdefault(name, set()).add(str(version))
    return {name: " and ".join(sorted(versions)) for name, versions in found.items()}


def _cells(result_set: ResultSet) -> Iterator[tuple[tuple[str, Cell], Mapping[str, str]]]:
    """Yield every finished cell under its protocol, and the stages that led to it."""
    for rows in result_set.rows.values():
        yield from (((result_set.digest, record.cell), record.stages) for record in rows.values())


def _seeds(result_set: ResultSet) -> set[int]:
    failed = {record.cell.seed for record in result_set.failed}
    return failed | {seed for records in result_set.rows.values() for seed in records}


def _extent(results: Sequence[ResultSet]) -> str:
    return ", ".join(
        f"{result_set.dataset} · {result_set.model} with seeds {', '.join(map(str, sorted(_seeds(result_set))))}"
        for result_set in results
    )
