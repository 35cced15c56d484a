"""The one table to look at first: exposure, aim, accuracy and detection, a row an attack and mode."""

from __future__ import annotations

from ....tables.formats import NONE
from ....tables.number import CHANCE, Numbers, find, mean
from ....tables.result_sets import ResultSet, RowKey


def summary(result_set: ResultSet, numbers: Numbers) -> tuple[list[str], list[list[str]]]:
    """Return the header and the rows, names unescaped; detectors have a column each."""
    detectors = sorted({key.defense for key in result_set.rows if find(numbers, key, "all", "F1")})
    header = ["attack", "mode", "HIT@5 %", "others' HIT@5 %", "λ", "top-5 slots %", "HR@10", "vs Clean"]
    shown = [key for key in result_set.rows if find(numbers, key, "all", "HIT@5")]
    if defended := any(key.defense != "none" for key in shown):
        header.insert(2, "defense")
    rows = []
    for key in (*shown, CHANCE):
        group = result_set.audience(key) == "group" if key in result_set.rows else False
        name = "chance" if key is CHANCE else key.attack
        aim = [mean(numbers, key, "non-target", "HIT@5", 2), mean(numbers, key, "all", "lambda", 1)]
        row = [name, key.mode or NONE, *([key.defense] if defended else [])]
        row.append(mean(numbers, key, "target" if group else "all", "HIT@5", 2))
        row += aim if group else [NONE, NONE]
        row += [mean(numbers, key, "all", "slot_share@5", 1), mean(numbers, key, "all", "HR@10", 3)]
        row.append(_relative(result_set, numbers, key))
        row += [mean(numbers, key._replace(defense=name), "all", "F1", 2) for name in detectors]
        rows.append(row)
    return header + [f"F1 {name}" for name in detectors], rows


def _relative(result_set: ResultSet, numbers: Numbers, key: RowKey) -> str:
    """Return the relative change of HR@10 against Clean in the same mode, in percent."""
    number = numbers.get((key, "all", "HR@10", "clean"))
    clean = result_set.baseline("clean", key) if key in result_set.rows else None
    base = find(numbers, clean, "all", "HR@10") if clean else None
    if not number or not base or not base.summary.mean or number.change.mean is None:
        return NONE
    return f"{100 * number.change.mean / base.summary.mean:+.0f}%"
