"""Reads published logs of raw numbers: files without quotation marks, whose columns are known by their places."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, cast

import pyarrow as pa
import pyarrow.compute as pc

from .bad_rows import BadRows
from .batch import SHOWN, Batch, mask, note
from .delimited import Form, read_delimited
from .pieces import SIZE, pieces

WHOLE = r"^\+?[0-9]{1,18}$"
Kind = Literal["number", "text", "skip"]


def columns(header: str) -> dict[str, Kind]:
    """Return columns and their kinds, given as ``name:kind``, separated by spaces."""
    return {name: cast("Kind", kind) for name, _, kind in (word.partition(":") for word in header.split())}


@dataclass(frozen=True)
class Layout:
    """The columns of a file.

    Attributes:
        columns: Each column's name and kind, in the file's order; numbers are whole and not negative.
        separator: Between the fields.
        header: Whether line 1 holds names; it is then left out.
        encoding: Of the file; latin-1 knows no bad bytes.
    """

    columns: Mapping[str, Kind]
    separator: str = ","
    header: bool = False
    encoding: str = "utf-8"


def read_blocks(path: Path, layout: Layout, bad: BadRows, size: int = SIZE) -> Iterator[Batch]:
    """Yield the rows of a file in their order, numbers as int64.

    Args:
        path: The file.
        layout: Its columns; those of kind skip are not read.
        bad: What to do with rows that have too few or too many fields, bytes that are no text, or no number
            where one should be.
        size: Bytes to look at in one go.

    Raises:
        UserError: If the file cannot be read, or a row is bad and may not be.
    """
    form = Form(layout.separator, tuple(layout.columns), layout.header, quoted=False, encoding=layout.encoding)
    names = [name for name, kind in layout.columns.items() if kind != "skip"]
    for batch in read_delimited(path, names, form, "log", bad, size):
        faults: dict[int, str] = {}
        numbers = {
            name: as_whole(column, name, faults)
            for name, column in batch.columns.items()
            if layout.columns[name] == "number"
        }
        yield replace(batch, columns={**batch.columns, **numbers}).without(faults, bad)


def first_line(path: Path, encoding: str = "utf-8") -> str:
    """Return the first line of a file, without its end.

    Raises:
        UserError: If the file cannot be read.
    """
    return next(pieces(path, encoding, 1 << 16), b"").partition(b"\n")[0].decode("utf-8", "replace")


def as_whole(text: Any, name: str, faults: dict[int, str]) -> Any:
    """Return a column of text as int64; rows without a whole number from 0 on are added to ``faults``."""
    fine = mask(pc.match_substring_regex(text, WHOLE))
    if not fine.all():
        note(faults, ~fine, lambda row: _why(name, text[row].as_py()))
        text = pc.if_else(pa.array(fine), text, "0")
    return pc.utf8_ltrim(text, "+").cast(pa.int64())


def _why(name: str, field: str) -> str:
    if not field:
        return f"{name} is missing"
    if re.fullmatch(r"-[0-9]+", field):
        return f"{name} {field[:SHOWN]!r} is negative"
    if re.fullmatch(r"[0-9]+", field):
        return f"{name} {field[:SHOWN]!r} is too large"
    return f"{name} {field[:SHOWN]!r} is not a whole number"
