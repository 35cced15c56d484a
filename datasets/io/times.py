"""Reads the times of a log: numbers of any unit, or ISO 8601."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .bad_rows import BadRows
from .table import NUMBER

Kind = Literal["number", "iso"]
START = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}([T ].*)?")
FIRST_YEAR, LAST_YEAR = 1970, 2100
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
SECONDS = 10**9
"""From here on a number is taken for a time since 1970, and not for a count of steps."""
APART = 100


def kind_of(text: str) -> Kind:
    """Return how the times of a log are written, judged by one of them; 20240501 is a number."""
    return "iso" if START.fullmatch(text) and not text.isdigit() else "number"


def read_times(
    path: Path, lines: Sequence[int], texts: Sequence[str], kind: Kind, bad: BadRows
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return the times, int64 or float64 ``[rows]``, ISO ones as microseconds, and which rows are fine.

    Raises:
        UserError: If a row is bad and may not be.
    """
    fine = np.ones(len(texts), bool)
    if kind == "number":
        try:
            whole = np.array([int(t) if t.isascii() and t.isdigit() else _no() for t in texts], np.int64)
            return whole, fine
        except (ValueError, OverflowError):
            pass
    values: list[float] = []
    for row, text in enumerate(texts):
        value, problem = _number(text) if kind == "number" else _iso(text)
        if problem:
            bad.add(path, lines[row], f"time {problem}")
            fine[row] = False
        values.append(value)
    if all(isinstance(value, int) and value < 2**63 for value in values):
        return np.array(values, np.int64), fine
    return np.array(values, np.float64), fine


def check_apart(path: Path, lines: NDArray[np.int64], times: NDArray[Any], bad: BadRows) -> NDArray[np.bool_]:
    """Return which times are plausible beside the others: seconds among milliseconds, or a 0, are not.

    Raises:
        UserError: If one is not, and rows may not be bad.
    """
    middle = float(np.median(times)) if len(times) else 0.0
    if middle < SECONDS:
        return np.ones(len(times), bool)
    absurd = (times > APART * middle) | (times < middle / APART)
    for row in np.flatnonzero(absurd):
        bad.add(
            path,
            int(lines[row]),
            f"time {times[row]} is absurd beside the others, whose middle is {middle:.0f}; are seconds and "
            "milliseconds mixed, or is a missing time written as a number?",
        )
    return ~absurd


def _no() -> int:
    raise ValueError


def _number(text: str) -> tuple[float, str]:
    if not text:
        return 0, "is missing"
    if not NUMBER.fullmatch(text):
        if text.startswith("-") and NUMBER.fullmatch(text[1:]):
            return 0, f"{text!r} is negative"
        return 0, f"{text[:40]!r} is not a number, as the first one is"
    value = float(text)
    if text.startswith("-"):
        return 0, f"{text!r} is negative"
    if not np.isfinite(value):
        return 0, f"{text!r} is too large"
    return (int(text) if text.isdigit() else value), ""


def _iso(text: str) -> tuple[int, str]:
    if not text:
        return 0, "is missing"
    try:
        # Python 3.10 knows neither a Z nor other than three or six digits after the point.
        plain = re.sub(r"\.([0-9]+)", lambda m: "." + (m[1] + "000000")[:6], text.replace("Z", "+00:00"), count=1)
        moment = datetime.fromisoformat(plain)
    except ValueError:
        return 0, f"{text[:40]!r} is not in ISO 8601, e.g. 2024-05-01 12:30:00, as the first one is"
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        return 0, f"{text!r} is absurd: not between the years {FIRST_YEAR} and {LAST_YEAR}"
    moment = moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment
    distance = moment - EPOCH
    return (distance.days * 86400 + distance.seconds) * 10**6 + distance.microseconds, ""
