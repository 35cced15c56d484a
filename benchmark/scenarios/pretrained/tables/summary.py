"""The one table to look at first: exposure, aim, accuracy and detection, a row an attack and mode."""

from __future__ import annotations

from ....stages.setting import BASELINES
from ....tables.captions import INTERVALS
from ....tables.number import CHANCE, Numbers, find, mean
from ....tables.result_sets import ResultSet, RowKey
from ....tables.table import NOTHING, Column, Format, Table, TableCell, text
from .columns import column, labels

READING = (
    "HIT@5: how often a target item is in the top five, of all (user, target) pairs; for attacks on a group, among "
    "its users, and beside it among the others. λ: how much better the group is hit than the others. HR@10: how "
    "often the next item is in the top ten, and its change against Clean in the same mode. AP: average precision of a "
    "detector's scores, for the targets. False alarms: items of the clean model that it flags. "
    f"{INTERVALS}"
)


def summary(result_set: ResultSet, numbers: Numbers) -> Table:
    """Return the table; detectors have two columns each, which are empty where the model was repaired."""
    detectors = sorted({key.defense for key in result_set.rows if find(numbers, key, "all", "F1")})
    shown = [key for key in result_set.rows if find(numbers, key, "all", "HIT@5")]
    defended = any(key.defense != "none" for key in shown)
    named = labels("attack", "mode", *(["defense"] if defended else []))
    columns = [
        *named,
        column("HIT@5", "HIT@5 %"),
        column("HIT@5", "others' HIT@5 %", "of the users whom an attack on a group does not aim at"),
        column("lambda", "λ"),
        column("HR@10"),
        Column("vs Clean", unit="%", meaning="relative change of HR@10 against Clean in the same mode"),
        *(
            head
            for name in detectors
            for head in (
                column("average precision", f"AP {name}"),
                column("flagged", f"false alarms {name}", "of the clean model"),
            )
        ),
    ]
    rows = []
    for key in (*shown, CHANCE):
        group = result_set.audience(key) == "group" if key in result_set.rows else False
        name = "chance" if key is CHANCE else key.attack
        names = [name, key.mode or "–", *([key.defense] if defended else [])]
        aim = [mean(numbers, key, "non-target", "HIT@5", 2), mean(numbers, key, "all", "lambda", 1)]
        # A detector looked at the model before its repair.
        seen = [cell for name in detectors for cell in _detected(numbers, key, name)]
        rows.append(
            (
                *map(text, names),
                mean(numbers, key, "target" if group else "all", "HIT@5", 2),
                *(aim if group else [NOTHING, NOTHING]),
                mean(numbers, key, "all", "HR@10", 3),
                _relative(result_set, numbers, key),
                *seen,
            )
        )
    about = (*shown, CHANCE)
    return Table("summary", "In short", tuple(columns), tuple(rows), len(named), caption=(READING,), about=about)


def _detected(numbers: Numbers, key: RowKey, detector: str) -> tuple[TableCell, TableCell]:
    """Return a detector's average precision, for attacks and chance, and its false alarms, for honest models."""
    if key.defense != "none":
        return NOTHING, NOTHING
    own = key._replace(defense=detector) if key is not CHANCE else key
    if key.attack in BASELINES:
        return NOTHING, mean(numbers, own, "all", "flagged", 1)
    return mean(numbers, own, "all", "average precision", 2), NOTHING


def _relative(result_set: ResultSet, numbers: Numbers, key: RowKey) -> TableCell:
    """Return the relative change of HR@10 against Clean in the same mode, in percent."""
    number = numbers.get((key, "all", "HR@10", "clean"))
    clean = result_set.baseline("clean", key) if key in result_set.rows else None
    base = find(numbers, clean, "all", "HR@10") if clean else None
    if not number or not base or not base.summary.mean or number.change.mean is None:
        return NOTHING
    relative = 100 * number.change.mean / base.summary.mean
    return TableCell(relative, n=number.change.n, format=Format(0, sign=True, suffix="%", minus_zero=True))
