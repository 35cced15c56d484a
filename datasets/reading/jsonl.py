"""Reads files with one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from ...core.errors import UserError, unknown
from .bad_rows import BadRows
from .batch import SHOWN, Batch, as_strings, find_controls
from .delimited import NAMED
from .pieces import SIZE, pieces

EXPLODE = "; explode = true gives each entry of a list a row of its own"


def read_jsonl(
    path: Path, columns: Sequence[str], role: str, bad: BadRows, explode: bool, size: int = SIZE
) -> Iterator[Batch]:
    """Yield some fields as text, spaces at its ends removed; numbers as they are written, what is missing as null.

    Args:
        path: The file.
        columns: Names of the fields wanted.
        role: What the file is, for messages.
        bad: What to do with lines that are no objects, or whose fields are no single values.
        explode: Whether a row with lists becomes a row for each of their entries.
        size: Bytes to read in one go.

    Raises:
        UserError: If the file cannot be read, no line of its beginning has a field, or a row is bad and may not be.
    """
    line, seen = 1, dict[str, None]()
    for raw in pieces(path, size=size):
        rows = raw.split(b"\n")[:-1]
        lines: list[int] = []
        texts: list[list[bytes | None]] = [[] for _ in columns]
        for number, text in enumerate(rows, line):
            try:
                row = json.loads(text, parse_int=str, parse_float=_Decimal, parse_constant=_constant)
                problem = "" if isinstance(row, dict) else "is no JSON object"
            except (ValueError, RecursionError) as error:
                row, problem = {}, f"is no JSON object ({error})" if text.strip() else "is empty"
            if not problem:
                seen |= dict.fromkeys(row)
                values = [row.get(name) for name in columns]
                entries, problem = _entries(columns, values, explode)
            if problem:
                bad.add(path, number, problem)
                continue
            for entry in entries:
                lines.append(number)
                for column, value in zip(texts, entry, strict=True):
                    column.append(None if value is None else _text(value))
        if line == 1:
            for name in columns:
                if name not in seen:
                    raise unknown(f"column of {path} for the {role}:", name, [n[:SHOWN] for n in seen], NAMED)
        line += len(rows)
        faults: dict[int, str] = {}
        strings = {n: as_strings(pa.array(text, pa.binary()), faults) for n, text in zip(columns, texts, strict=True)}
        for column in strings.values():
            find_controls(column, faults)
        yield Batch(path, np.array(lines, np.int64), strings).without(faults, bad)
    if line == 1:
        raise UserError(f"{path} is empty.")


def _entries(columns: Sequence[str], values: list[Any], explode: bool) -> tuple[list[list[Any]], str]:
    """Return the rows that a line stands for, or what is wrong with it."""
    lists = [k for k, value in enumerate(values) if isinstance(value, list)]
    for name, value in zip(columns, values, strict=True):
        inner = value if isinstance(value, list) and explode else [value]
        if any(isinstance(entry, (list, dict)) for entry in inner):
            kind = "a list" if isinstance(value, list) and not explode else "no single value"
            return [], f"{name} is {kind}{EXPLODE if kind == 'a list' else ''}"
    if not lists:
        return [values], ""
    lengths = {len(values[k]) for k in lists}
    if len(lengths) > 1:
        return [], f"{' and '.join(columns[k] for k in lists)} are lists of different lengths"
    return [[v[i] if k in lists else v for k, v in enumerate(values)] for i in range(lengths.pop())], ""


class _Decimal(str):
    """A number with a point or an exponent, as it is written."""


def _text(value: Any) -> bytes:
    if isinstance(value, _Decimal) and value.endswith(".0"):
        value = value[:-2]
    return str(value).encode("utf-8", "surrogatepass")


def _constant(text: str) -> str:
    return "" if text == "NaN" else text
