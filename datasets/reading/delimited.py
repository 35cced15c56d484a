"""Reads files of separated fields with Arrow, and line by line where fields hold line breaks."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
from numpy.typing import NDArray

from ...core.errors import UserError, unknown
from .bad_rows import BadRows
from .batch import SHOWN, Batch, as_strings, find_controls
from .pieces import SIZE, pieces

MOST_NAMES = 12
CONTROLS = bytes(range(10)) + bytes(range(11, 32))
SEPARATORS = {",": ",", ";": ";", "\t": "tab", "|": "|", "\1": "\\u0001", "^": "^", " ": " "}
"""Separators that a message may name, as the option writes them."""
NAMED = (
    'rbench.toml or --set says which column is which (time = "order": the file\'s order); to an audit --user, --item '
    "and --time do."
)
"""What helps if a column is missing."""
UNNAMED = " If line 1 holds no names, columns = [...] gives them."
UNCLOSED = (
    "a quotation mark opens a field and none closes it; set quoted = false if they are part of the text in this file"
)


@dataclass(frozen=True)
class Form:
    """How a file of separated fields is written.

    Attributes:
        separator: Between the fields; one character, or several where fields are never quoted.
        names: The columns' names; empty: line 1 has them.
        header: Whether line 1 holds names, and no row.
        quoted: Whether fields may stand in quotation marks, and then hold separators and line breaks.
        encoding: Of the file, if it has no mark of its own; Latin-1 knows no bad bytes.
    """

    separator: str = ","
    names: tuple[str, ...] = ()
    header: bool = True
    quoted: bool = True
    encoding: str = "utf-8"


def read_header(path: Path, form: Form) -> list[str]:
    """Return the fields of line 1, without spaces at their ends.

    Raises:
        UserError: If the file cannot be read, or line 1 is empty.
    """
    raw = next(pieces(path, form.encoding, 1 << 16), b"")
    return _header(path, raw, form)


def read_delimited(
    path: Path, columns: Sequence[str], form: Form, role: str, bad: BadRows, size: int = SIZE
) -> Iterator[Batch]:
    """Yield some columns as text, spaces at its ends removed; an empty field is an empty text.

    Args:
        path: The file.
        columns: Names of the columns wanted.
        form: How the file is written.
        role: What the file is, for messages, e.g. ``log``.
        bad: What to do with rows that have too few or too many fields, or fields that are no text.
        size: Bytes to read in one go.

    Raises:
        UserError: If the file cannot be read, lacks a column, or holds a bad row that may not be.
    """
    reader: _Reader | None = None
    for raw in pieces(path, form.encoding, size):
        if reader is None:
            if not form.names:
                form = replace(form, names=tuple(_header(path, raw, form)), header=True)
            elif raw.partition(b"\n")[0] == form.separator.join(form.names).encode():
                form = replace(form, header=True)  # line 1 has the names after all
            reader = _Reader(path, form, {name: _place(path, name, form, role) for name in columns}, bad)
        yield from reader.rows(raw)
    if reader is None:
        raise UserError(f"{path} is empty{'' if form.names else '; line 1 should name the columns'}.")
    reader.end()


class _Reader:
    """Parses pieces one after the other, and knows at which line each begins."""

    def __init__(self, path: Path, form: Form, places: Mapping[str, int], bad: BadRows) -> None:
        self.path, self.form, self.places, self.bad = path, form, places, bad
        self.line, self.open, self.header = 1, b"", form.header
        self.separator = form.separator if len(form.separator) == 1 else "\t"

    def rows(self, raw: bytes) -> Iterator[Batch]:
        if self.open:
            raw, self.open = self.open + raw, b""
        if len(self.form.separator) > 1:
            raw = raw.replace(b"\t", b" ").replace(self.form.separator.encode(), b"\t")
        if self.header and (not self.form.quoted or b'"' not in raw.partition(b"\n")[0]):
            raw, self.line, self.header = raw.partition(b"\n")[2], 2, False
        if not raw:
            return
        found = None if self.header else self._at_once(raw)
        yield self._line_by_line(raw) if found is None else found

    def end(self) -> None:
        """Check that the last row has an end.

        Raises:
            UserError: If it has none.
        """
        if self.open:
            raise UserError(f"{self.path}, line {self.line}: {UNCLOSED}.")

    def _at_once(self, raw: bytes) -> Batch | None:
        """Let Arrow parse whole lines; None where a field holds a line break, so that rows are not lines."""
        if b"\r" in raw or not _is_utf8(raw):
            return None  # Arrow would end a row there, and could not tell of bad rows
        width, wrong = len(self.form.names), dict[int, int]()

        def note(row: Any) -> str:
            wrong[row.number - 1] = row.actual_columns
            return "skip"

        names = [str(place) for place in range(width)]
        try:
            table = pacsv.read_csv(
                pa.py_buffer(raw),
                read_options=pacsv.ReadOptions(use_threads=False, column_names=names, block_size=len(raw) + 1),
                parse_options=pacsv.ParseOptions(
                    delimiter=self.separator,
                    quote_char='"' if self.form.quoted else False,
                    invalid_row_handler=note,
                    ignore_empty_lines=False,
                    newlines_in_values=self.form.quoted,
                ),
                convert_options=pacsv.ConvertOptions(
                    include_columns=[names[place] for place in self.places.values()],
                    column_types={name: pa.binary() for name in names},
                    check_utf8=False,
                    null_values=[],
                    strings_can_be_null=False,
                ),
            )
        except pa.ArrowInvalid:
            return None
        count = raw.count(b"\n")
        if table.num_rows + len(wrong) != count or self._goes_on([_last_line(raw)]):
            return None
        parsed = np.ones(count, bool)
        parsed[[*wrong]] = False
        ends = np.flatnonzero(np.frombuffer(raw, np.uint8) == 10)
        empty = np.diff(ends, prepend=-1) == 1  # which Arrow takes for a row of empty fields
        lines = self.line + np.arange(count)
        self.line += count
        for row in np.flatnonzero(empty | ~parsed).tolist():
            self.bad.add(self.path, int(lines[row]), self._fields(0 if empty[row] else wrong[row]))
        there = [table.column(names[place]).combine_chunks() for place in self.places.values()]
        if empty.any():
            there = [column.filter(pa.array(~empty[parsed])) for column in there]
        suspicious = len(raw.translate(None, CONTROLS)) != len(raw)
        return self._batch(lines[parsed & ~empty], there, suspicious)

    def _line_by_line(self, raw: bytes) -> Batch:
        """Parse with Python's csv, which says how many lines a row has; a row that goes on waits for more."""
        text = raw.decode("utf-8", "surrogateescape").split("\n")[:-1]
        rows = self._csv(text)
        lines: list[int] = []
        values: list[list[bytes]] = [[] for _ in self.places]
        begun = done = 0
        while done < len(text):
            problem, row = "", list[str]()
            try:
                row = next(rows)
            except csv.Error as error:
                if "limit" in str(error):
                    raise UserError(f"{self.path}, line {self.line + begun}: {UNCLOSED} ({error}).") from error
                problem = "holds a carriage return outside of quotation marks"
            begun, done = done, rows.line_num
            if done == len(text) and not problem and self._goes_on(text[begun:]):
                self.open = "\n".join([*text[begun:], ""]).encode("utf-8", "surrogateescape")
                done = begun
                break
            if self.header:
                self.header = False
            elif problem or len(row) != len(self.form.names):
                self.bad.add(self.path, self.line + begun, problem or self._fields(len(row)))
            else:
                lines.append(self.line + begun)
                for column, place in zip(values, self.places.values(), strict=True):
                    column.append(row[place].encode("utf-8", "surrogateescape"))
        self.line += done
        return self._batch(np.array(lines, np.int64), [pa.array(column, pa.binary()) for column in values], True)

    def _csv(self, lines: Sequence[str]) -> Any:
        plain = {} if self.form.quoted else {"quoting": csv.QUOTE_NONE}
        return csv.reader((line + "\n" for line in lines), delimiter=self.separator, **plain)  # type: ignore[arg-type]

    def _goes_on(self, lines: Sequence[str]) -> bool:
        """Tell whether a row's last field is still open: then it takes a quotation mark after it for its end."""
        if not self.form.quoted or not any('"' in line for line in lines):
            return False
        try:
            return len(list(self._csv([*lines, '"']))) == 1
        except csv.Error:
            return False

    def _batch(self, lines: NDArray[np.int64], columns: Sequence[Any], suspicious: bool) -> Batch:
        faults: dict[int, str] = {}
        texts = {name: as_strings(column, faults) for name, column in zip(self.places, columns, strict=True)}
        for text in texts.values() if suspicious else ():
            find_controls(text, faults)
        return Batch(self.path, lines, texts).without(faults, self.bad)

    def _fields(self, count: int) -> str:
        got = f"has {count} field{'s' if count > 1 else ''}" if count else "is empty"
        names, width = ", ".join(self.form.names[:MOST_NAMES]), len(self.form.names)
        return f"{got}; the header names {width} ({names})" if self.form.header else f"{got}, not {width} ({names})"


def _is_utf8(raw: bytes) -> bool:
    try:
        return raw.isascii() or bool(raw.decode())
    except UnicodeDecodeError:
        return False


def _last_line(raw: bytes) -> str:
    return raw[raw.rfind(b"\n", 0, -1) + 1 : -1].decode("utf-8", "surrogateescape")


def _header(path: Path, raw: bytes, form: Form) -> list[str]:
    text = raw.decode("utf-8", "surrogateescape")
    if form.quoted:
        try:
            fields = next(csv.reader((line + "\n" for line in text.split("\n")), delimiter=form.separator), [])
        except csv.Error as error:
            raise UserError(f"{path}, line 1: does not name columns ({error}).") from error
    else:
        fields = text.partition("\n")[0].split(form.separator)
    names = [name.strip() for name in fields]
    if not any(names):
        if raw.strip():
            raise UserError(f"{path}, line 1: is empty; it should name the columns.")
        raise UserError(f"{path} is empty; line 1 should name the columns.")
    if any("\0" in name for name in names):
        raise UserError(f"{path}, line 1: holds zero bytes; save the file as UTF-8.")
    if any("\ud800" <= c <= "\udfff" for name in names for c in name):
        raise UserError(f"{path}, line 1: holds bytes that are not UTF-8; save the file as UTF-8.")
    return names


def _place(path: Path, name: str, form: Form, role: str) -> int:
    names = form.names
    if name not in names:
        raise unknown(f"column of {path} for the {role}:", name, [n[:SHOWN] for n in names], _hint(name, form))
    if names.count(name) > 1:
        raise UserError(f"{path}, line 1: column {name} occurs twice.")
    return names.index(name)


def _hint(name: str, form: Form) -> str:
    """Return what helps: another separator if line 1 has the name with it, or naming the columns."""
    (line, *more) = form.names
    if form.header and not more:
        for separator, written in SEPARATORS.items():
            if separator != form.separator and name in _parts(line, separator):
                return f'Its fields are separated by {separator!r}: set separator = "{written}".'
        for separator, written in SEPARATORS.items():
            if separator in line.strip():
                return f'Are its fields separated by {separator!r}? Then set separator = "{written}".'
    return NAMED + UNNAMED * form.header


def _parts(line: str, separator: str) -> Iterable[str]:
    return (part.strip().strip('"') for part in line.split(separator))
