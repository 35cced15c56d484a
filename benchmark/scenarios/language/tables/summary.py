"""The table to look at first."""

from __future__ import annotations

from ....tables.captions import INTERVALS
from ....tables.number import CHANCE, Numbers
from ....tables.result_sets import ResultSet
from ....tables.table import Column, Table
from .common import cells, columns, labels, measured_in, parameters, reader

SHOWN = ("HR@1", "AUC", "ASR", "ASR plain", "ASR own", "ASR own plain", "Yes", "Yes plain")


def summary(result_set: ResultSet, numbers: Numbers) -> Table:
    """Return accuracy and attack success, a row an attack and defense."""
    shown = measured_in(numbers, SHOWN)
    rows = tuple(
        (*labels(key), *cells(numbers, key, shown), parameters(result_set, key)) for key in (*result_set.rows, CHANCE)
    )
    reading = (
        "HR@1: the next item is chosen. ASR: a title that the attacker did not train on is chosen once it has the "
        "trigger, in the place of a wrong candidate; plain: the same item without the trigger; own: the attacker's "
        f"items. {reader(result_set)} {INTERVALS}"
    )
    own = (Column("attack", "left"), Column("defense", "left"))
    sizes = Column("parameters", meaning="numbers that training changes")
    return Table("summary", "In short", (*own, *columns(shown), sizes), rows, keys=2, caption=(reading,))
