"""Reads some columns of a parquet file as text, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ...core.errors import UserError, unknown
from .bad_rows import BadRows
from .delimited import NAMED, ROWS, Batch


def read_parquet(path: Path, columns: Sequence[str], role: str, bad: BadRows) -> Iterator[Batch]:
    """Yield the columns as text, some rows at a time; in messages, row 1 is the first one.

    Times become ISO 8601, whole numbers stay whole, missing values become empty.

    Raises:
        UserError: If pyarrow is missing, or the file cannot be read or lacks a column.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise UserError(f"{path} is a parquet file, which needs pyarrow: pip install 'rbench[parquet]'.") from None
    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            for name in columns:
                if name not in names:
                    raise unknown(f"column of {path} for the {role}:", name, names, NAMED)
            row = 1
            for batch in file.iter_batches(ROWS, columns=list(dict.fromkeys(columns))):
                texts = [_texts(batch.column(name)) for name in columns]
                lines = list(range(row, row + len(batch)))
                row += len(batch)
                yield _clean(path, lines, texts, bad)
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{path} is no parquet file, or a damaged one ({str(error).splitlines()[0]}).") from error


def _texts(column: Any) -> list[str]:
    return ["" if value is None or value != value else _text(value) for value in column.to_pylist()]


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if hasattr(value, "isoformat") else str(value).strip()


def _clean(path: Path, lines: list[int], texts: list[list[str]], bad: BadRows) -> Batch:
    broken = {row for column in texts for row, value in enumerate(column) if any(c < " " for c in value)}
    if not broken:
        return lines, texts
    for row in sorted(broken):
        bad.add(path, lines[row], "holds a tab, a line break or another control character")
    kept = [row for row in range(len(lines)) if row not in broken]
    return [lines[row] for row in kept], [[column[row] for row in kept] for column in texts]
