"""Turns Arrow columns of any type into text, and lists into rows."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .batch import as_strings, find_controls, note

_LISTS = ("list", "large_list", "fixed_size_list", "list_view", "large_list_view")


def is_list(kind: Any) -> bool:
    """Tell whether a type is one of Arrow's lists."""
    return any(getattr(pa.types, f"is_{name}")(kind) for name in _LISTS)


def plain(column: Any) -> Any:
    """Return a column without the ways to store it that say nothing: dictionaries, chunks, extensions."""
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return column


def as_text(column: Any, faults: dict[int, str]) -> Any:
    """Return a column as text without spaces at its ends; whole numbers stay whole, times become ISO 8601.

    Args:
        column: Of any type with single values.
        faults: Rows whose value is no text are added, by position, with what is wrong.
    """
    kind = column.type
    if pa.types.is_fixed_size_binary(kind):
        column, kind = column.cast(pa.binary()), pa.binary()
    if pa.types.is_integer(kind):
        return column.cast(pa.string())
    if not any(getattr(pa.types, f"is_{name}")(kind) for name in ("string", "large_string", "string_view")):
        if any(getattr(pa.types, f"is_{name}")(kind) for name in ("binary", "large_binary", "binary_view")):
            column = column.cast(pa.binary())
        else:
            coded = column.dictionary_encode()
            values = pa.array([_text(value) for value in coded.dictionary.to_pylist()], pa.string())
            column = values.take(coded.indices)
    else:
        column = column.cast(pa.binary())  # a damaged file may hold text that is none
    text = as_strings(column, faults)
    find_controls(text, faults)
    return text


def explode_lists(columns: Mapping[str, Any]) -> tuple[dict[str, Any], NDArray[np.int64], dict[int, str]]:
    """Make a row of each entry of lists, which stand side by side where several columns hold them.

    Returns:
        The columns, the row int64 ``[entries]`` that each entry comes from, and rows with what is wrong with them.
    """
    lists = {name: column for name, column in columns.items() if is_list(column.type)}
    lengths = [pc.fill_null(pc.list_value_length(c), 0).to_numpy(zero_copy_only=False) for c in lists.values()]
    differ = np.any([length != lengths[0] for length in lengths], axis=0)
    rows = np.flatnonzero(~differ)
    parents = np.repeat(rows, lengths[0][rows])
    made = {
        name: plain(pc.list_flatten(column.take(pa.array(rows)))) if name in lists else column.take(pa.array(parents))
        for name, column in columns.items()
    }
    faults: dict[int, str] = {}
    note(faults, differ, f"{' and '.join(lists)} are lists of different lengths")
    return made, parents, faults


def _text(value: Any) -> str | None:
    if value is None or value != value:
        return None
    if isinstance(value, (float, Decimal)) and value == value // 1:
        return str(int(value))
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
