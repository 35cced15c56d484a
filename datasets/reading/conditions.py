"""Which rows of a log count: ``event:view+click``, ``rating>=4``, or several such conditions joined by ``&``."""

from __future__ import annotations

import operator
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.errors import unknown
from .batch import Batch, note
from .numbers import NUMBER

COMPARISONS = {">=": operator.ge, "<=": operator.le, "!=": operator.ne, ">": operator.gt, "<": operator.lt}
RULE = re.compile(r"\s*(?P<column>.+?)\s*(?P<sign>>=|<=|!=|>|<|:)\s*(?P<rest>.+?)\s*")
VALUE = re.compile(r'"([^"]*)"|([^+]+)')
SHOWN = 1000


@dataclass(eq=False)
class Condition:
    """What one column's values must be.

    Attributes:
        column: Its name.
        sign: ``:`` for one of some values, or a comparison with a number.
        rest: The values or the number, as they were given.
    """

    column: str
    sign: str
    rest: str
    _seen: dict[str, None] = field(default_factory=dict)

    def values(self) -> list[str]:
        """Return the values that are allowed; a plus sign stands between them, unless they are quoted."""
        return [quoted or bare.strip() for quoted, bare in VALUE.findall(self.rest)]

    def holds(self, column: Any, faults: dict[int, str]) -> NDArray[np.bool_]:
        """Return bool ``[rows]``: where a column of text fulfils the condition; a missing value never does.

        Rows whose value should be a number and is none are added to ``faults``.
        """
        coded = column.dictionary_encode()
        found = [value or "" for value in coded.dictionary.to_pylist()]
        codes = coded.indices.fill_null(len(found)).to_numpy(zero_copy_only=False)
        if self.sign == ":":
            self._seen |= dict.fromkeys(found if len(self._seen) < SHOWN else [v for v in found if self._allows(v)])
            fine = [self._allows(value) for value in found]
        else:
            number, compare = float(self.rest), COMPARISONS[self.sign]
            fine = [bool(NUMBER.fullmatch(v)) and bool(compare(float(v), number)) for v in found]
            wrong = np.array([*(bool(v) and not NUMBER.fullmatch(v) for v in found), False], bool)
            note(faults, wrong[codes], lambda row: f"{self.column} {found[codes[row]]!r} is not a number")
        return np.asarray(np.array([*fine, False], bool)[codes], bool)

    def check(self, path: Path, rule: str) -> None:
        """Check, when all rows were looked at, that each value occurs.

        Raises:
            UserError: If one does not; names the nearest.
        """
        if self.sign != ":" or any(_same(value, self.rest) for value in self._seen):
            return
        for wanted in self.values():
            if not any(_same(value, wanted) for value in self._seen):
                raise unknown(f"value of {self.column} in where={rule} ({path}):", wanted, [*self._seen][:SHOWN])

    def _allows(self, value: str) -> bool:
        return bool(value) and any(_same(value, wanted) for wanted in (self.rest, *self.values()))


def parse_where(rule: str) -> list[Condition]:
    """Return the conditions of a rule; an empty one has none.

    Raises:
        ValueError: If it is malformed.
    """
    found = []
    for part in rule.split("&") if rule.strip() else []:
        match = RULE.fullmatch(part)
        if match is None:
            raise ValueError(f"where={rule} is not column:value, column:value+value or column>=number, joined by &.")
        condition = Condition(match["column"], match["sign"], match["rest"])
        if condition.sign != ":" and not NUMBER.fullmatch(condition.rest):
            raise ValueError(f"where={rule}: {condition.rest!r} is not a number to compare {condition.column} with.")
        found.append(condition)
    return found


def fulfilled(batch: Batch, conditions: Sequence[Condition], faults: dict[int, str]) -> NDArray[np.bool_]:
    """Return bool ``[rows]``: which rows fulfil all conditions.

    Rows whose value should be a number and is none are added to ``faults``.
    """
    kept = np.ones(len(batch.lines), bool)
    for condition in conditions:
        kept &= condition.holds(batch.columns[condition.column], faults)
    return kept


def _same(value: str, wanted: str) -> bool:
    """Tell whether two texts are equal, or numbers that are: 4.0 is 4."""
    if value == wanted:
        return True
    return bool(NUMBER.fullmatch(value) and NUMBER.fullmatch(wanted)) and float(value) == float(wanted)
