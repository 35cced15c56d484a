"""Reads some columns of a CSV file of any shape, row by row, every fault told with its line."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from ...core.errors import UserError, unknown
from .bad_rows import BadRows

ROWS = 100_000
Batch = tuple[list[int], list[list[str]]]
"""Line numbers, and the text of each column wanted."""
NAMED = "rbench.toml or --set says which column is which; to an audit --user, --item and --time do."
"""What helps if a column is missing."""


def read_csv(path: Path, columns: Sequence[str], separator: str, role: str, bad: BadRows) -> Iterator[Batch]:
    """Yield the columns, some rows at a time; quoted fields may hold separators and line breaks.

    Args:
        path: The file, plain or ``.gz``; UTF-8, with names in its first line.
        columns: Names of the columns wanted.
        separator: Between the fields.
        role: What the file is, for messages, e.g. ``log``.
        bad: What to do with rows that have too few or too many fields, or bytes that are no UTF-8.

    Raises:
        UserError: If the file cannot be read, lacks a column, or holds a bad row that may not be.
    """
    try:
        with (
            gzip.open(path, "rt", encoding="utf-8-sig", errors="surrogateescape", newline="")
            if path.suffix == ".gz"
            else path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")
        ) as file:
            rows = csv.reader(file, delimiter="\t" if separator == "tab" else separator)
            header = [name.strip() for name in next(rows, [])]
            if not any(header):
                raise UserError(f"{path} is empty; line 1 should name the columns.")
            places = [_place(path, name, header, role) for name in columns]
            yield from _batches(path, rows, places, len(header), bad)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UserError(f"{path} is no gzip file, or only the beginning of one ({error}).") from error
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error


def _place(path: Path, name: str, header: list[str], role: str) -> int:
    if name not in header:
        raise unknown(f"column of {path} for the {role}:", name, header, NAMED)
    if header.count(name) > 1:
        raise UserError(f"{path}, line 1: column {name} occurs twice.")
    return header.index(name)


def _batches(path: Path, rows: Iterator[list[str]], places: list[int], width: int, bad: BadRows) -> Iterator[Batch]:
    lines: list[int] = []
    columns: list[list[str]] = [[] for _ in places]
    reader = _numbered(path, rows)
    for line, row in reader:
        if len(row) != width:
            got = f"has {len(row)} field{'s' if len(row) > 1 else ''}" if row else "is empty"
            bad.add(path, line, f"{got}; the header names {width}")
            continue
        values = [row[place].strip() for place in places]
        wrong = next((value for value in values if not _clean(value)), None)
        if wrong is not None:
            bad.add(path, line, _why(wrong))
            continue
        lines.append(line)
        for column, value in zip(columns, values, strict=True):
            column.append(value)
        if len(lines) == ROWS:
            yield lines, columns
            lines, columns = [], [[] for _ in places]
    yield lines, columns


def _numbered(path: Path, rows: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with the line on which it begins."""
    line = 2
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise UserError(f"{path}, line {line}: {error}.") from error
        yield line, row
        line = rows.line_num + 1  # type: ignore[attr-defined]  # csv's reader has it


def _clean(value: str) -> bool:
    return value.isprintable() or not (any(c < " " for c in value) or any("\ud800" <= c <= "\udfff" for c in value))


def _why(value: str) -> str:
    if any("\ud800" <= c <= "\udfff" for c in value):
        return "holds bytes that are not UTF-8; save the file as UTF-8"
    return f"{value[:40]!r} holds a tab, a line break or another control character"
