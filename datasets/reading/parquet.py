"""Reads parquet files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ...core.errors import UserError, unknown
from .bad_rows import BadRows
from .batch import SHOWN, Batch
from .delimited import NAMED
from .jsonl import EXPLODE
from .native import as_text, explode_lists, is_list, plain

ROWS = 1 << 18


def read_parquet(
    path: Path, columns: Sequence[str], native: str, role: str, bad: BadRows, explode: bool
) -> Iterator[Batch]:
    """Yield some columns as text, spaces at its ends removed, but one, ``native``, as it is; missing values as null.

    Args:
        path: The file.
        columns: Names of the columns wanted.
        native: The column of times, which keep their type.
        role: What the file is, for messages.
        bad: What to do with values that are no text.
        explode: Whether a row with lists becomes a row for each of their entries.

    Raises:
        UserError: If the file cannot be read, lacks a column, or a column holds no single values.
    """
    try:
        with pq.ParquetFile(path, pre_buffer=False, buffer_size=1 << 20, page_checksum_verification=True) as file:
            schema, row = file.schema_arrow, 1
            for name in columns:
                _check(path, name, schema, role, explode)
            for found in file.iter_batches(ROWS, columns=list(columns)):
                there = {name: plain(found.column(name)) for name in columns}
                lines, faults = np.arange(row, row + len(found)), dict[int, str]()
                row += len(found)
                if any(is_list(column.type) for column in there.values()):
                    there, parents, faults = explode_lists(there)
                    Batch(path, lines, {}).tell(faults, bad)
                    lines, faults = lines[parents], {}
                made = {name: column if name == native else as_text(column, faults) for name, column in there.items()}
                yield Batch(path, lines, made).without(faults, bad)
    except (pa.ArrowException, OSError, MemoryError, UnicodeDecodeError) as error:  # names of columns are text too
        told = str(error).splitlines() or [type(error).__name__]
        raise UserError(f"{path} is no parquet file, or a damaged one ({told[0]}).") from error


def _check(path: Path, name: str, schema: Any, role: str, explode: bool) -> None:
    if name not in schema.names:
        raise unknown(f"column of {path} for the {role}:", name, [n[:SHOWN] for n in schema.names], NAMED)
    if schema.names.count(name) > 1:
        raise UserError(f"{path}: column {name} occurs twice.")
    kind = schema.field(name).type
    inner = kind.value_type if is_list(kind) and explode else kind
    if pa.types.is_nested(inner):
        raise UserError(
            f"{path}: column {name} has type {kind}; ids, times and attributes are single values"
            f"{EXPLODE if is_list(kind) and not pa.types.is_nested(kind.value_type) else ''}."
        )
