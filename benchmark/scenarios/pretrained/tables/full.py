"""The three tables of "Attacking Pre-trained Recommendation", in its own units, from one result set's numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ....stages.setting import BASELINES
from ....tables.number import CHANCE, Numbers, against_clean, change, find, mean
from ....tables.result_sets import ResultSet, RowKey
from ....tables.statistics import LEVEL, tiers
from ....tables.table import NOTHING, Column, Table, TableCell, count, text
from ..metrics.measure import AFTER, AFTER_LENGTHS
from .captions import caption
from .columns import column, labels
from .defenses import repairs_table, scans_table
from .equal_accuracy import equal_accuracy_table
from .variants import variants_table
from .worst import worst_table

_EXPOSURE = ("HIT@5", "NDCG@5", "HIT@10", "NDCG@10")
Filled = tuple[Column, Callable[[RowKey], TableCell]]


def tables(result_set: ResultSet, numbers: Numbers) -> list[Table]:
    """Return all tables that have rows: exposure, detection, what defenses leave, the worst attacks, variants, ..."""
    makers = (global_table, group_table, trigger_table, detection_table, scans_table, repairs_table, worst_table)
    found = [make(result_set, numbers) for make in makers]
    return [table for table in (*found, variants_table(result_set), equal_accuracy_table(result_set)) if table]


def global_table(result_set: ResultSet, numbers: Numbers) -> Table | None:
    """Return the table of attacks on all users (the paper's Table 2), or of baselines if these are all there is."""
    keys = _rows(result_set, "all")
    samples = {key: result_set.sample(key, "all", "HIT@5") for key in keys if key.attack not in BASELINES}
    if not keys or (not samples and any(result_set.audience(key) for key in result_set.rows)):
        return None
    ranks = tiers({str(i): samples[key] for i, key in enumerate(samples)})
    tier = {key: count(ranks[str(i)]) for i, key in enumerate(samples) if str(i) in ranks}
    columns = [(column(m, f"{m} %"), _mean(numbers, "all", m, 3)) for m in (*_EXPOSURE, "slot_share@5")]
    columns += _accuracy(numbers)
    columns += _tests(result_set, numbers, "all")
    columns.append((Column("tier", meaning="1 is the strongest"), lambda key: tier.get(key, NOTHING)))
    return _table(result_set, "global", "Attacks on all users", keys, columns)


def group_table(result_set: ResultSet, numbers: Numbers) -> Table | None:
    """Return the table of attacks on a group of users (the paper's Table 1), or None if there is none."""
    keys = _rows(result_set, "group")
    if all(key.attack in BASELINES for key in keys):
        return None
    columns: list[Filled] = []
    for audience in ("target", "non-target"):
        columns += [
            (column(m, f"{audience} {m} %", f"{audience} users"), _mean(numbers, audience, m, 3)) for m in _EXPOSURE
        ]
    columns.append((column("lambda", "λ"), _mean(numbers, "all", "lambda", 2)))
    columns.append((column("lambda_difference", "difference, pp"), _mean(numbers, "all", "lambda_difference", 3)))
    columns += _accuracy(numbers)
    columns += _tests(result_set, numbers, "target")
    return _table(result_set, "group", "Attacks on a group of users", keys, columns)


def trigger_table(result_set: ResultSet, numbers: Numbers) -> Table | None:
    """Return the table of attacks that act where histories end in a trigger, or None if there is none."""
    after = [f"{name} HIT@{n}" for n in AFTER_LENGTHS for name in AFTER]
    keys = [key for key in result_set.rows if find(numbers, key, "all", after[0])]
    if not keys:
        return None
    columns = [(column(m, f"{m} %"), _mean(numbers, "all", m, 3)) for m in ("HIT@5", "HIT@10", *after)]
    return _table(result_set, "triggers", "Attacks by a trigger in the history", keys, columns + _accuracy(numbers))


def detection_table(result_set: ResultSet, numbers: Numbers) -> Table | None:
    """Return the table of detectors (the paper's Table 3), or None if there is none."""
    shown = ("average precision", "F1")
    keys = [key for key in result_set.rows if any(find(numbers, key, "all", metric) for metric in shown)]
    if not keys:
        return None
    weighed = any(find(numbers, key, "all", "recall of exposure") for key in keys)
    metrics = ("precision", "recall", *(["recall of exposure"] if weighed else []), "F1", "average precision")
    columns = [(column(m), _of_attacks(_mean(numbers, "all", m, 3))) for m in metrics]
    columns.append((column("flagged", "flagged items"), _mean(numbers, "all", "flagged", 1)))
    return _table(result_set, "detection", "Detection", keys, columns, "detector")


def _rows(result_set: ResultSet, audience: str) -> list[RowKey]:
    shown = [key for key in result_set.rows if result_set.audience(key) in (audience, None)]
    return [key for key in shown if "HIT@5" in next(iter(result_set.rows[key].values())).metrics.get("all", {})]


def _table(
    result_set: ResultSet,
    name: str,
    title: str,
    keys: Sequence[RowKey],
    columns: Sequence[Filled],
    third: str = "defense",
) -> Table:
    named = third == "detector" or any(key.defense != "none" for key in keys)
    heads = labels("attack", "mode", *([third] if named else []))
    rows, about = [], []
    for key in (CHANCE, *keys):
        values = [cell(key) for _, cell in columns]
        if key is CHANCE and set(values) == {NOTHING}:
            continue
        defense = [NOTHING if key is CHANCE else text(key.defense)] if named else []
        attack, mode = text("chance" if key is CHANCE else key.attack), text(key.mode)
        seeds = count(len(result_set.rows[key])) if key in result_set.rows else NOTHING
        rows.append((attack, mode, *defense, seeds, *values))
        about.append(key)
    every = (*heads, Column("seeds"), *(head for head, _ in columns))
    said = caption(result_set, name)
    return Table(name, title, every, tuple(rows), keys=len(heads), caption=said, about=tuple(about))


def _mean(numbers: Numbers, audience: str, metric: str, digits: int) -> Callable[[RowKey], TableCell]:
    return lambda key: mean(numbers, key, audience, metric, digits)


def _of_attacks(cell: Callable[[RowKey], TableCell]) -> Callable[[RowKey], TableCell]:
    """Leave a cell empty for honest models, in which there is nothing to find."""
    return lambda key: NOTHING if key.attack in BASELINES else cell(key)


def _change(numbers: Numbers, baseline: str) -> Callable[[RowKey], TableCell]:
    return lambda key: change(numbers, key, "all", "HR@10", baseline, 4)


def _accuracy(numbers: Numbers) -> list[Filled]:
    return [
        *((column(m), _mean(numbers, "all", m, 4)) for m in ("HR@10", "accuracy NDCG@10")),
        (column("HR@10", "ΔHR@10 vs Clean", "difference to Clean in the same mode"), _change(numbers, "clean")),
        (column("HR@10", "ΔHR@10 vs Local", "difference to Local"), _change(numbers, "local")),
    ]


def _tests(result_set: ResultSet, numbers: Numbers, audience: str) -> list[Filled]:
    def users(key: RowKey) -> TableCell:
        tests = [r.user_tests.get(audience, {}).get("HIT@5", {}) for r in result_set.rows.get(key, {}).values()]
        found = [p for test in tests if (p := test.get("p")) is not None]
        return text(f"{sum(p < LEVEL for p in found)} of {len(tests)}") if found else NOTHING

    return [
        (
            Column("p (HIT@5 vs Clean)", meaning="two-sided, paired by seed, adjusted over the column"),
            lambda key: against_clean(numbers, key, audience, "HIT@5"),
        ),
        (Column("seeds with p < 0.05 over users", meaning="two-sided, paired by user, not adjusted"), users),
    ]
