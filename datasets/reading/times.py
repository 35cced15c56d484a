"""Reads times as numbers that compare exactly: numbers of any unit, ISO 8601, or a format that is named."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ...core.errors import UserError
from .batch import SHOWN, mask, note
from .native import as_text
from .numbers import NUMBER

Kind = Literal["number", "iso"]
WHOLE = "^[0-9]{1,18}$"
ISO = (
    r"^(?P<year>\d{4})-?(?P<month>\d{2})-?(?P<day>\d{2})(?:[T ](?P<hour>\d{2})"
    r"(?::?(?P<minute>\d{2})(?::?(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?)?)?"
    r" ?(?:Z|z|UTC|GMT|(?P<sign>[+-])(?P<zone>\d{2})(?::?(?P<quarter>\d{2}))?)?$"
)
FIRST_YEAR, LAST_YEAR = 1970, 2100
BEGIN, END = (int(np.datetime64(f"{year}-01-01", "ns").astype(np.int64)) for year in (FIRST_YEAR, LAST_YEAR + 1))
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
SECONDS = 10**9
"""From here on a number is taken for a time since 1970, and not for a count of steps."""
APART, SAMPLE = 100, 10**6


class Times:
    """Reads one column of times, batch after batch.

    Args:
        label: What the column is called in messages.
        form: Format of the times as in Python's ``strptime``, e.g. ``%d.%m.%Y %H:%M``; empty: numbers or ISO 8601.

    Attributes:
        kind: How the times are written: as most of the first rows that have one are; None before there was any.
    """

    def __init__(self, label: str = "time", form: str = "") -> None:
        self.label, self.form = label, form
        self.kind: Kind | None = "iso" if form else None

    def read(self, path: Path, column: Any, faults: dict[int, str]) -> NDArray[Any]:
        """Return times ``[rows]``, int64 or float64, dates as nanoseconds since 1970.

        Args:
            path: The file, for messages.
            column: Arrow array ``[rows]``.
            faults: Rows without a time are added, by position, with what is wrong; their times mean nothing.

        Raises:
            UserError: If the column's type is none of times.
        """
        if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
            return self._dates(path, column, faults)
        if pa.types.is_time(column.type) or pa.types.is_duration(column.type):
            raise UserError(f"{path}: {self.label} has type {column.type}, which is no point in time.")
        return self._texts(pc.fill_null(as_text(column, faults), ""), faults)

    def _dates(self, path: Path, column: Any, faults: dict[int, str]) -> NDArray[Any]:
        if self.kind == "number":
            raise UserError(f"{path}: {self.label} has type {column.type}, and times before it are numbers.")
        self.kind = "iso"
        if pa.types.is_date(column.type):
            column = column.cast(pa.timestamp("ms" if column.type == pa.date64() else "s"))
        missing = mask(column.is_null())
        raw = np.asarray(pc.fill_null(column.cast(pa.int64()), 0).to_numpy(zero_copy_only=False), np.int64)
        step = 10 ** {"s": 9, "ms": 6, "us": 3, "ns": 0}[column.type.unit]
        possible = (raw >= BEGIN // step) & (raw < END // step)
        note(faults, missing, f"{self.label} is missing")
        note(faults, ~possible, lambda row: self._absurd(str(column[row])))
        return np.asarray(np.where(possible, raw, 0) * step, np.int64)

    def _texts(self, text: Any, faults: dict[int, str]) -> NDArray[Any]:
        there = mask(pc.not_equal(text, ""))
        note(faults, ~there, f"{self.label} is missing")
        if not there.any():
            return np.zeros(len(text), np.int64)
        if self.kind is None:
            dates = mask(pc.match_substring_regex(text, ISO)) & ~mask(pc.match_substring_regex(text, WHOLE))
            numbers = sum(bool(NUMBER.fullmatch(t)) for t in text.filter(pa.array(there & ~dates)).to_pylist())
            if not (numbers or dates.any()):
                told = "is neither a number nor in ISO 8601; time_format names another form"
                note(faults, there, lambda row: f"{self.label} {text[row].as_py()[:SHOWN]!r} {told}")
                return np.zeros(len(text), np.int64)
            self.kind = "iso" if dates.sum() > numbers else "number"
        if self.kind == "number":
            return self._numbers(text, there, faults)
        return self._formatted(text, there, faults) if self.form else self._iso(text, there, faults)

    def _numbers(self, text: Any, there: NDArray[np.bool_], faults: dict[int, str]) -> NDArray[Any]:
        whole = mask(pc.match_substring_regex(text, WHOLE))
        if whole.all():
            return np.asarray(text.cast(pa.int64()).to_numpy(zero_copy_only=False), np.int64)
        values: list[float] = [0] * len(text)
        for row, value in enumerate(text.to_pylist()):
            if there[row]:
                values[row], problem = _number(value)
                if problem:
                    faults.setdefault(row, f"{self.label} {problem}")
        if all(isinstance(value, int) and value < 2**63 for value in values):
            return np.array(values, np.int64)
        return np.array(values, np.float64)

    def _iso(self, text: Any, there: NDArray[np.bool_], faults: dict[int, str]) -> NDArray[Any]:
        parts = pc.extract_regex(text, ISO)
        fine = mask(parts.is_valid())

        def part(name: str, otherwise: str = "0") -> NDArray[np.int64]:
            field = pc.fill_null(parts.field(name), otherwise)
            field = pc.if_else(pc.equal(field, ""), otherwise, field)
            field = pc.if_else(pa.array(fine), field, otherwise)
            return np.asarray(field.cast(pa.int64()).to_numpy(zero_copy_only=False), np.int64)

        year, month, day = part("year", "1970"), part("month", "1"), part("day", "1")
        hour, minute, second = part("hour"), part("minute"), part("second")
        shift = part("zone") * 60 + part("quarter")
        shift = np.where(mask(pc.equal(parts.field("sign"), "-")), -shift, shift)
        first = np.datetime64("1970-01", "M") + ((year - 1970) * 12 + month - 1)
        date = first.astype("M8[D]") + (day - 1)
        fine &= (month >= 1) & (month <= 12) & (day >= 1) & (date.astype("M8[M]") == first)
        fine &= (hour < 24) & (minute < 60) & (second < 60) & (np.abs(shift) < 24 * 60)
        known = (year >= FIRST_YEAR) & (year <= LAST_YEAR)
        note(faults, there & ~fine, lambda row: self._no_iso(text[row].as_py()))
        note(faults, there & ~known, lambda row: self._absurd(text[row].as_py()))
        digits = pc.fill_null(parts.field("fraction"), "")
        nanoseconds = pc.utf8_rpad(digits, 9, "0").cast(pa.int64()).to_numpy(zero_copy_only=False)
        minutes = date.astype(np.int64) * 1440 + hour * 60 + minute - shift
        return np.asarray(np.where(fine & known, (minutes * 60 + second) * 10**9 + nanoseconds, 0), np.int64)

    def _formatted(self, text: Any, there: NDArray[np.bool_], faults: dict[int, str]) -> NDArray[Any]:
        coded = text.dictionary_encode()
        found = [_parsed(value, self.form) for value in coded.dictionary.to_pylist()]
        codes = coded.indices.to_numpy(zero_copy_only=False)
        wrong = np.array([moment is None or not BEGIN <= moment < END for moment in found], bool)

        def problem(row: int) -> str:
            value = text[row].as_py()
            told = f"{self.label} {value[:SHOWN]!r} is not in the format {self.form}"
            return told if found[codes[row]] is None else self._absurd(value)

        note(faults, there & wrong[codes], problem)
        moments = np.array([0 if w else moment for moment, w in zip(found, wrong, strict=True)], np.int64)
        return np.asarray(moments[codes], np.int64)

    def _absurd(self, value: str) -> str:
        return f"{self.label} {value[:SHOWN]!r} is absurd: not between the years {FIRST_YEAR} and {LAST_YEAR}"

    def _no_iso(self, value: str) -> str:
        return (
            f"{self.label} {value[:SHOWN]!r} is not in ISO 8601, e.g. 2024-05-01 12:30:00, as most are; "
            "time_format names another form"
        )


def check_apart(times: NDArray[Any], label: str, dates: bool) -> dict[int, str]:
    """Return which times are not plausible beside the others, and why: seconds among milliseconds, or a 0.

    Args:
        times: Of all events.
        label: What they are called.
        dates: Whether they are nanoseconds since 1970.
    """
    middle = float(np.median(times[:: 1 + len(times) // SAMPLE])) if len(times) else 0.0
    if middle < SECONDS:
        return {}
    rows = np.flatnonzero((times > APART * middle) | (times < middle / APART)).tolist()
    if dates:
        return {row: f"{label} {np.datetime64(int(times[row]), 'ns')} is absurd beside the others" for row in rows}
    hint = f"whose middle is {middle:.0f}; are seconds and milliseconds mixed, or is a missing time a number?"
    return {row: f"{label} {times[row]} is absurd beside the others, {hint}" for row in rows}


def _number(text: str) -> tuple[float, str]:
    if not NUMBER.fullmatch(text):
        return 0, f"{text[:SHOWN]!r} is not a number, as most are; time_format names another form"
    if text.startswith("-") and float(text):
        return 0, f"{text!r} is negative"
    value = float(text)
    if not np.isfinite(value):
        return 0, f"{text[:SHOWN]!r} is too large"
    # A whole number stays one: as a float, nanoseconds since 1970 would be cut to a quarter of a microsecond.
    whole = value.is_integer() and value < 2**63 and Decimal(text) == int(Decimal(text))
    return (int(Decimal(text)) if whole else value), ""


def _parsed(text: str, form: str) -> int | None:
    """Return nanoseconds since 1970; a time without a zone counts as UTC."""
    try:
        moment = datetime.strptime(text, form)
    except ValueError:
        return None
    distance = (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)) - EPOCH
    return ((distance.days * 86400 + distance.seconds) * 10**6 + distance.microseconds) * 1000
