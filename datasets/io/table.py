"""One atomic file as a table of text: tab separated, a header of name:type, every fault told with its line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.errors import UserError, unknown

TYPES = ("token", "token_seq", "float", "float_seq")
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
Text = NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Table:
    """A checked file: UTF-8, a typed header, at least one row, the same number of fields in every row.

    Attributes:
        path: The file.
        types: Type of every column by its name, in the file's order.
    """

    path: Path
    types: dict[str, str]
    _raw: bytes

    @classmethod
    def open(cls, path: Path) -> Table:
        """Read and check a file.

        Raises:
            UserError: If the file is not as it should be; names the line.
        """
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise UserError(f"{path} cannot be read: {error.strerror}.") from error
        raw = raw.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").rstrip(b"\n\r")
        _check_text(path, raw)
        if not raw.strip():
            raise UserError(f"{path} is empty; line 1 should be a header such as user_id:token.")
        types = _header(path, raw.partition(b"\n")[0].decode())
        if b"\n" not in raw:
            raise UserError(f"{path} holds a header and no rows.")
        _check_fields(path, raw, types)
        return cls(path, types, raw)

    def require(self, column: str, kinds: Sequence[str], role: str) -> None:
        """Check that a column is there and has one of the types ``kinds``.

        Raises:
            UserError: If not; ``role`` says what the column is for.
        """
        if column not in self.types:
            raise unknown(f"column of {self.path} for the {role}:", column, self.types)
        if self.types[column] not in kinds:
            raise UserError(
                f"{self.path}, line 1: {column} is the {role} and has type {self.types[column]}; "
                f"allowed: {', '.join(kinds)}."
            )

    def columns(self, *names: str) -> list[Text]:
        """Return the columns' text, each ``[rows]``; row ``i`` is line ``i + 2`` of the file."""
        import pandas as pd

        frame = pd.read_csv(
            BytesIO(self._raw),
            sep="\t",
            header=None,
            skiprows=1,
            names=list(self.types),
            usecols=list(dict.fromkeys(names)),
            index_col=False,
            dtype=str,
            na_filter=False,
            quoting=3,  # none: a title may hold a quotation mark
            skip_blank_lines=False,
            lineterminator="\n",
            encoding="utf-8",
        )
        return [frame[name].to_numpy(dtype=object) for name in names]

    def ids(self, column: str, role: str) -> Text:
        """Return a column in which no row may be empty.

        Raises:
            UserError: If the column is missing or not of type token, or a row has no value.
        """
        self.require(column, ("token",), role)
        (text,) = self.columns(column)
        self.fail_at(text == "", text, f"the {role} in column {column} is missing")
        return text

    def numbers(self, column: str, text: Text) -> NDArray[Any]:
        """Return the text of a column as int64 where all of it is whole and fits, or else float64.

        Raises:
            UserError: If a row is no finite decimal number; names the first.
        """
        # Python's own conversions are exact, but would also take 1_000 and other scripts' digits.
        self.fail_at(np.array([not NUMBER.fullmatch(t) for t in text]), text, f"{column} {{}} is not a number")
        try:
            return text.astype(np.int64)
        except (ValueError, OverflowError):
            numbers = text.astype(np.float64)
        self.fail_at(~np.isfinite(numbers), text, f"{column} {{}} is too large")
        return numbers

    def fail_at(self, wrong: NDArray[np.bool_], text: Text, problem: str) -> None:
        """Raise for the first row that is ``wrong``; ``{}`` in ``problem`` stands for its text.

        Raises:
            UserError: If any row is wrong.
        """
        if wrong.any():
            row = int(np.argmax(wrong))
            raise UserError(f"{self.path}, line {row + 2}: {problem.format(repr(text[row]))}.")


def _check_text(path: Path, raw: bytes) -> None:
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UserError(f"{path}, line {line}: byte 0x{raw[error.start]:02x} is not UTF-8; save it as UTF-8.") from None
    if b"\0" in raw:
        raise UserError(f"{path}, line {raw[: raw.index(0)].count(10) + 1}: holds a zero byte; it should be text.")


def _header(path: Path, line: str) -> dict[str, str]:
    types: dict[str, str] = {}
    for entry in line.split("\t"):
        name, colon, kind = entry.strip().rpartition(":")
        if not colon or not name or ":" in name:
            raise UserError(
                f"{path}, line 1: {entry[:80]!r} is not one name and its type; "
                f"write the header as tab-separated name:type, types {', '.join(TYPES)}."
            )
        if kind not in TYPES:
            raise unknown(f"type in {path}, line 1, column {name}:", kind, TYPES)
        if name in types:
            raise UserError(f"{path}, line 1: column {name} occurs twice.")
        types[name] = kind
    return types


def _check_fields(path: Path, raw: bytes, types: dict[str, Any]) -> None:
    body = np.frombuffer(raw, np.uint8)
    starts = np.concatenate([[0], np.flatnonzero(body == ord("\n")) + 1, [len(body) + 1]])
    tabs = np.flatnonzero(body == ord("\t"))
    fields = np.diff(np.searchsorted(tabs, starts)) + 1
    empty = np.diff(starts) == 1
    wrong = (fields != len(types)) | empty
    if wrong.any():
        row = int(np.argmax(wrong))
        got = "is empty" if empty[row] else f"has {fields[row]} field{'s' if fields[row] > 1 else ''}"
        raise UserError(
            f"{path}, line {row + 1} {got}; the header names {len(types)} ({', '.join(types)}), separated by tabs."
        )
