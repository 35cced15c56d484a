"""Which files rbench reads, by the ends of their names, and the one way in to all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...core.errors import UserError
from .pieces import SIZE

if TYPE_CHECKING:
    from .bad_rows import BadRows
    from .batch import Batch

PACKED = ("", ".gz", ".bz2", ".zst")
FIELDS, ATOMIC = (".csv", ".tsv", ".txt"), ".inter"
LINES, PARQUET = (".jsonl", ".ndjson"), ".parquet"
TABLES = (*(kind + packed for kind in (*FIELDS, *LINES) for packed in PACKED), PARQUET)
"""Ends of the names of files that are tables."""
SHOWN_ENDS = ".csv, .tsv, .txt, .jsonl (each also with .gz, .bz2 or .zst) and .parquet"


@dataclass(frozen=True)
class Written:
    """How the files of a log are written, where their names don't say it.

    Attributes:
        separator: Between the fields of a text file; ``tab`` is a tab, empty is a tab in .tsv and a comma elsewhere.
        columns: Names of a text file's columns; empty: line 1 has them.
        quoted: Whether fields may stand in quotation marks.
        explode: Whether lists become rows.
    """

    separator: str = ""
    columns: tuple[str, ...] = ()
    quoted: bool = True
    explode: bool = False


def ending(name: str, ends: Sequence[str] = TABLES) -> str:
    """Return the end of a file's name that says what it is, in small letters, or "" where none does."""
    return next((end for end in sorted(ends, key=len, reverse=True) if name.lower().endswith(end)), "")


def is_table(name: str) -> bool:
    """Tell whether a file is a table by its name; hidden files are none."""
    return not name.startswith((".", "_")) and bool(ending(name))


def read_table(
    path: Path,
    columns: Sequence[str],
    written: Written,
    role: str,
    bad: BadRows,
    native: str = "",
    size: int = SIZE,
) -> Iterator[Batch]:
    """Yield some columns of a table, some rows at a time: text, but for ``native`` of a parquet file.

    Args:
        path: The file.
        columns: Names of the columns wanted.
        written: How the file is written.
        role: What the file is, for messages, e.g. ``log``.
        bad: What to do with bad rows.
        native: The column of times, if any.
        size: Bytes of a file of separated fields to read in one go.

    Raises:
        UserError: If the file cannot be read, lacks a column, or holds a bad row that may not be.
    """
    kind = ending(path.name)
    if written.columns and not kind.startswith(FIELDS):
        raise UserError(f"{path} names its columns itself; columns = [...] is for text files whose line 1 does not.")
    if kind == PARQUET:
        from .parquet import read_parquet

        return read_parquet(path, columns, native, role, bad, written.explode)
    if kind.startswith(LINES):
        from .jsonl import read_jsonl

        return read_jsonl(path, columns, role, bad, written.explode)
    from .delimited import Form, read_delimited

    separator = {"tab": "\t", "": "\t" if kind.startswith(".tsv") else ","}.get(written.separator, written.separator)
    form = Form(separator, written.columns, header=not written.columns, quoted=written.quoted)
    return read_delimited(path, columns, form, role, bad, size)
