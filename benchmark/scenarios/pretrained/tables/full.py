"""The three tables of "Attacking Pre-trained Recommendation", in its own units, from one result set's numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ....stages.setting import BASELINES
from ....tables.formats import NONE, interval
from ....tables.markdown import escape, table
from ....tables.number import CHANCE, Numbers, against_clean, find, mean
from ....tables.result_sets import ResultSet, RowKey
from ....tables.statistics import LEVEL, tiers
from .captions import caption
from .variants import variants_table

_EXPOSURE = ("HIT@5", "NDCG@5", "HIT@10", "NDCG@10")
Column = tuple[str, Callable[[RowKey], str]]


def tables(result_set: ResultSet, numbers: Numbers) -> list[str]:
    """Return all tables that have rows, each under its heading and over its caption."""
    lines: list[str] = []
    for title, kind, make in (
        ("Attacks on all users", "global", global_table),
        ("Attacks on a group of users", "group", group_table),
        ("Detection", "detection", detection_table),
    ):
        if rows := make(result_set, numbers):
            lines += [f"### {title}", "", *rows, "", *caption(result_set, kind)]
    if rows := variants_table(result_set):
        lines += ["### Variants of one attack", "", *rows]
    return lines


def global_table(result_set: ResultSet, numbers: Numbers) -> list[str]:
    """Return the table of attacks on all users (the paper's Table 2), or of baselines if these are all there is."""
    keys = _rows(result_set, "all")
    samples = {key: result_set.sample(key, "all", "HIT@5") for key in keys if key.attack not in BASELINES}
    if not keys or (not samples and any(result_set.audience(key) for key in result_set.rows)):
        return []
    ranks = tiers({str(i): samples[key] for i, key in enumerate(samples)})
    tier = {key: str(ranks.get(str(i), NONE)) for i, key in enumerate(samples)}
    columns: list[Column] = [(f"{m} %", _mean(numbers, "all", m, 3)) for m in (*_EXPOSURE, "slot_share@5")]
    columns += _accuracy(numbers)
    columns += _tests(result_set, numbers, "all")
    columns.append(("tier", lambda key: tier.get(key, NONE)))
    return _render(result_set, keys, columns)


def group_table(result_set: ResultSet, numbers: Numbers) -> list[str]:
    """Return the table of attacks on a group of users (the paper's Table 1), or nothing if there is none."""
    keys = _rows(result_set, "group")
    if all(key.attack in BASELINES for key in keys):
        return []
    columns: list[Column] = []
    for audience in ("target", "non-target"):
        columns += [(f"{audience} {m} %", _mean(numbers, audience, m, 3)) for m in _EXPOSURE]
    columns.append(("λ", _mean(numbers, "all", "lambda", 2)))
    columns.append(("difference, pp", _mean(numbers, "all", "lambda_difference", 3)))
    columns += _accuracy(numbers)
    columns += _tests(result_set, numbers, "target")
    return _render(result_set, keys, columns)


def detection_table(result_set: ResultSet, numbers: Numbers) -> list[str]:
    """Return the table of detectors (the paper's Table 3), or nothing if there is none."""
    shown = ("average precision", "F1")
    keys = [key for key in result_set.rows if any(find(numbers, key, "all", metric) for metric in shown)]
    if not keys:
        return []
    metrics = ("precision", "recall", "F1", "average precision")
    columns: list[Column] = [(m, _mean(numbers, "all", m, 3)) for m in metrics]
    columns.append(("flagged items", _mean(numbers, "all", "flagged", 1)))
    return _render(result_set, keys, columns, "detector")


def _rows(result_set: ResultSet, audience: str) -> list[RowKey]:
    shown = [key for key in result_set.rows if result_set.audience(key) in (audience, None)]
    return [key for key in shown if "HIT@5" in next(iter(result_set.rows[key].values())).metrics.get("all", {})]


def _render(result_set: ResultSet, keys: Sequence[RowKey], columns: list[Column], third: str = "defense") -> list[str]:
    named = third == "detector" or any(key.defense != "none" for key in keys)
    header = ["attack", "mode", *([third] if named else []), "seeds", *(name for name, _ in columns)]
    rows = []
    for key in (CHANCE, *keys):
        seeds = str(len(result_set.rows[key])) if key in result_set.rows else NONE
        values = [cell(key) for _, cell in columns]
        if key is CHANCE and set(values) == {NONE}:
            continue
        defense = [NONE if key is CHANCE else escape(key.defense)] if named else []
        attack = "chance" if key is CHANCE else escape(key.attack)
        rows.append([attack, escape(key.mode) or NONE, *defense, seeds, *values])
    return table(header, rows, 3 if named else 2)


def _mean(numbers: Numbers, audience: str, metric: str, digits: int) -> Callable[[RowKey], str]:
    return lambda key: mean(numbers, key, audience, metric, digits)


def _accuracy(numbers: Numbers) -> list[Column]:
    def change(baseline: str) -> Callable[[RowKey], str]:
        def cell(key: RowKey) -> str:
            number = numbers.get((key, "all", "HR@10", baseline))
            return interval(number.change, 4, "+") if number else NONE

        return cell

    shown: list[Column] = [(m, _mean(numbers, "all", m, 4)) for m in ("HR@10", "accuracy NDCG@10")]
    return [*shown, ("ΔHR@10 vs Clean", change("clean")), ("ΔHR@10 vs Local", change("local"))]


def _tests(result_set: ResultSet, numbers: Numbers, audience: str) -> list[Column]:
    def users(key: RowKey) -> str:
        tests = [r.user_tests.get(audience, {}).get("HIT@5", {}) for r in result_set.rows.get(key, {}).values()]
        found = [p for test in tests if (p := test.get("p")) is not None]
        return f"{sum(p < LEVEL for p in found)} of {len(tests)}" if found else NONE

    return [
        ("p (HIT@5 vs Clean)", lambda key: against_clean(numbers, key, audience, "HIT@5")),
        ("seeds with p < 0.05 over users", users),
    ]
