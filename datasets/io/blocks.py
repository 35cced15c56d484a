"""Reads a large text file of separated fields block by block: bounded memory, every fault told with its line.

For logs of raw numbers, without quotation marks; :mod:`.delimited` reads CSV files of any shape.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...core.errors import UserError
from .bad_rows import BadRows

SIZE = 1 << 24
WHOLE = re.compile(rb"\s*\+?[0-9]{1,18}\s*")
LARGEST = 10**18
Kind = Literal["number", "text", "skip"]


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
    separator: bytes = b","
    header: bool = False
    encoding: str = "utf-8"


@dataclass(frozen=True, eq=False)
class Block:
    """Some rows of a file.

    Attributes:
        columns: int64 or object arrays ``[rows]`` by name.
        lines: int64 ``[rows]``; each row's line in the file, the first being 1.
    """

    columns: Mapping[str, NDArray[Any]]
    lines: NDArray[np.int64]


def read_blocks(path: Path, layout: Layout, bad: BadRows, size: int = SIZE) -> Iterator[Block]:
    """Yield the rows of a file, plain or ``.gz``, in their order.

    Args:
        path: The file.
        layout: Its columns.
        bad: What to do with rows that have too few or too many fields, bytes that are no text, or no number
            where one should be.
        size: Bytes to look at in one go.

    Raises:
        UserError: If the file cannot be read, or a row is bad and may not be.
    """
    line = 1
    for raw in _pieces(path, size):
        if line == 1:
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        if b"\r" in raw:
            raw = raw.replace(b"\r\n", b"\n")
        count = raw.count(b"\n") + (not raw.endswith(b"\n"))
        first, line = line, line + count
        if layout.header and first == 1:
            raw, first = raw.partition(b"\n")[2], 2
        if raw:
            yield _block(path, layout, raw, first, bad)
    if line == 1:
        raise UserError(f"{path} is empty.")


def first_line(path: Path, encoding: str = "utf-8") -> str:
    """Return the first line of a file, without its end.

    Raises:
        UserError: If the file cannot be read.
    """
    for raw in _pieces(path, 1 << 12):
        text = raw.removeprefix(b"\xef\xbb\xbf").partition(b"\n")[0].rstrip(b"\r")
        return text.decode(encoding, "replace")
    return ""


def _pieces(path: Path, size: int) -> Iterator[bytes]:
    """Yield whole lines, about ``size`` bytes at a time."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            while raw := file.read(size):
                yield raw if raw.endswith(b"\n") else raw + file.readline()
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UserError(f"{path} is no gzip file, or only the beginning of one ({error}).") from error
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error


def _block(path: Path, layout: Layout, raw: bytes, first: int, bad: BadRows) -> Block:
    if len(layout.separator) > 1:
        raw = raw.replace(b"\t", b" ").replace(layout.separator, b"\t")
    if not raw.endswith(b"\n"):
        raw += b"\n"
    lines: NDArray[np.int64] = np.arange(first, first + raw.count(b"\n"))
    if not _even(raw, layout) or b"\0" in raw or not _readable(raw, layout.encoding):
        raw, lines = _mend(path, layout, raw, lines, bad)
    columns = _parse(raw, layout) if raw else None
    if columns is None:
        columns, lines = _parse_slowly(path, layout, raw, lines, bad)
    return Block(columns, lines)


def _separator(layout: Layout) -> bytes:
    return layout.separator if len(layout.separator) == 1 else b"\t"


def _even(raw: bytes, layout: Layout) -> bool:
    """Tell whether every line has as many fields as there are columns."""
    body = np.frombuffer(raw, np.uint8)
    ends = np.flatnonzero(body == 10)
    each = len(layout.columns) - 1
    places = np.flatnonzero(body == _separator(layout)[0])
    if len(places) != each * len(ends):
        return False
    if not each:
        return True
    rows = places.reshape(len(ends), each)
    return bool((rows[:, -1] < ends).all() and (rows[1:, 0] > ends[:-1]).all())


def _readable(raw: bytes, encoding: str) -> bool:
    try:
        return raw.isascii() or bool(raw.decode(encoding))
    except UnicodeDecodeError:
        return False


def _mend(
    path: Path, layout: Layout, raw: bytes, lines: NDArray[np.int64], bad: BadRows
) -> tuple[bytes, NDArray[np.int64]]:
    kept, numbers, columns = [], [], len(layout.columns)
    for number, text in zip(lines.tolist(), raw[:-1].split(b"\n"), strict=True):
        fields = text.count(_separator(layout)) + 1
        if not text.strip():
            bad.add(path, number, f"is empty; there should be {columns} fields ({', '.join(layout.columns)})")
        elif fields != columns:
            some = f"{fields} field{'s' if fields > 1 else ''}"
            bad.add(path, number, f"has {some}, not {columns} ({', '.join(layout.columns)})")
        elif b"\0" in text:
            bad.add(path, number, "holds a zero byte; it should be text")
        elif not _readable(text, layout.encoding):
            bad.add(path, number, f"holds bytes that are not {layout.encoding.upper()}")
        else:
            kept.append(text + b"\n")
            numbers.append(number)
    return b"".join(kept), np.array(numbers, np.int64)


def _parse(raw: bytes, layout: Layout) -> dict[str, NDArray[Any]] | None:
    """Parse at once; None where a number is none, or negative."""
    import pandas as pd

    wanted = {name: kind for name, kind in layout.columns.items() if kind != "skip"}
    try:
        frame = pd.read_csv(
            BytesIO(raw),
            sep=_separator(layout).decode(),
            header=None,
            names=list(layout.columns),
            usecols=list(wanted),
            index_col=False,
            dtype={name: np.int64 if kind == "number" else "category" for name, kind in wanted.items()},
            na_filter=False,
            quoting=3,
            skip_blank_lines=False,
            lineterminator="\n",
            encoding=layout.encoding,
            engine="c",
        )
    except (ValueError, OverflowError):  # pandas' own parser errors are ValueErrors
        return None
    columns = {}
    for name, kind in wanted.items():
        if kind == "number":
            columns[name] = frame[name].to_numpy()
            if len(frame) and not (0 <= columns[name].min() <= columns[name].max() < LARGEST):
                return None
        else:
            texts = frame[name].cat.categories.to_numpy(dtype=object)
            columns[name] = texts[frame[name].cat.codes.to_numpy()]
    return columns


def _parse_slowly(
    path: Path, layout: Layout, raw: bytes, lines: NDArray[np.int64], bad: BadRows
) -> tuple[dict[str, NDArray[Any]], NDArray[np.int64]]:
    """Parse line by line, to find out which are bad."""
    rows, numbers = [], []
    for number, text in zip(lines.tolist(), raw[:-1].split(b"\n") if raw else [], strict=True):
        fields = text.split(_separator(layout))
        wrong = [
            (name, field)
            for (name, kind), field in zip(layout.columns.items(), fields, strict=True)
            if kind == "number" and not WHOLE.fullmatch(field)
        ]
        if wrong:
            name, field = wrong[0]
            bad.add(path, number, _why(name, field.decode(layout.encoding)))
        else:
            rows.append(fields)
            numbers.append(number)
    columns: dict[str, NDArray[Any]] = {}
    for place, (name, kind) in enumerate(layout.columns.items()):
        texts = [row[place].decode(layout.encoding) for row in rows]
        if kind == "number":
            columns[name] = np.array([int(text) for text in texts], np.int64)
        elif kind == "text":
            columns[name] = np.array(texts, object)
    return columns, np.array(numbers, np.int64)


def _why(name: str, field: str) -> str:
    if not field.strip():
        return f"{name} is missing"
    if re.fullmatch(r"\s*-[0-9]+\s*", field):
        return f"{name} {field.strip()!r} is negative"
    if re.fullmatch(r"\s*[0-9]+\s*", field):
        return f"{name} {field.strip()!r} is too large"
    return f"{name} {field.strip()!r} is not a whole number"
