"""A range allows what its bounds allow, and says so in a list and in a sentence."""

from __future__ import annotations

import math
import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbench.core.ranges import Count, CountOrZero, Positive, Probability, Range, Share

numbers = st.integers(-5, 5) | st.floats(-5, 5)
bounds = st.none() | st.integers(-3, 3) | st.floats(-3, 3)


@given(numbers, bounds, bounds, bounds, bounds)
def test_what_is_allowed(number, least, most, above, below) -> None:
    refused = (
        (least is not None and number < least)
        or (most is not None and number > most)
        or (above is not None and number <= above)
        or (below is not None and number >= below)
    )
    assert (number in Range(least, most, above, below)) == (not refused)


@pytest.mark.parametrize(
    ("allowed", "inside", "outside"),
    [
        (Range(0, 1), [0, 1, 0.5, True], [-5e-324, math.nextafter(1, 2), math.inf, -math.inf]),
        (Range(1), [1, 10**30], [0, -1]),
        (Range(above=0), [5e-324], [0, -0.0]),
        (Range(0, below=0.5), [0, math.nextafter(0.5, 0)], [0.5]),
        (Range(above=0, most=1), [1], [0]),
    ],
)
def test_bounds(allowed: Range, inside: list[float], outside: list[float]) -> None:
    assert [x for x in inside if x not in allowed] == [x for x in (*outside, math.nan) if x in allowed] == []


@pytest.mark.parametrize(
    ("allowed", "listed", "rule"),
    [
        (Range(0, 1), "from 0 to 1", "must lie between 0 and 1"),
        (Range(0.001, 20), "from 0.001 to 20", "must lie between 0.001 and 20"),
        (Range(1), "from 1", "must be at least 1"),
        (Range(above=0), "above 0", "must be above 0"),
        (Range(most=7), "up to 7", "must be at most 7"),
        (Range(below=7), "below 7", "must be below 7"),
        (Range(0, below=0.5), "from 0, below 0.5", "must be at least 0 and below 0.5"),
        (Range(above=0, most=1), "above 0, up to 1", "must be above 0 and at most 1"),
        (Range(above=0, below=1), "above 0, below 1", "must be above 0 and below 1"),
    ],
)
def test_words(allowed: Range, listed: str, rule: str) -> None:
    assert (str(allowed), allowed.rule) == (listed, rule)


@pytest.mark.parametrize(
    ("alias", "kind", "listed"),
    [
        (Probability, float, "from 0 to 1"),
        (Share, float, "from 0 to 1"),
        (Positive, float, "above 0"),
        (Count, int, "from 1"),
        (CountOrZero, int, "from 0"),
    ],
)
def test_usual_ranges(alias: object, kind: type, listed: str) -> None:
    base, allowed = typing.get_args(alias)
    assert (base, str(allowed)) == (kind, listed)
