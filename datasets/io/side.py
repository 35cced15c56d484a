"""What a second file says about users or items: one row for each id, and a few columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.errors import UserError
from .bad_rows import BadRows
from .blocks import Layout, read_blocks

Text = NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Side:
    """Rows about users or items, each id once.

    Attributes:
        ids: Text, or int64 where ids are whole numbers.
        columns: Text ``[rows]`` by name; empty where unknown.
    """

    ids: NDArray[Any]
    columns: Mapping[str, Text]

    def rows(self, wanted: Sequence[str]) -> NDArray[np.int64]:
        """Return int64 ``[wanted]``: the row of each id, -1 where there is none."""
        import pandas as pd

        if self.ids.dtype != object:
            ids = pd.Index(self.ids)
            return np.asarray(ids.get_indexer(pd.Index(np.array([int(i) for i in wanted], np.int64))), np.int64)
        return np.asarray(pd.Index(self.ids).get_indexer(pd.Index(list(wanted), dtype=object)), np.int64)

    def knows(self, ids: NDArray[Any]) -> NDArray[np.bool_]:
        """Return bool ``[ids]``: which ids have a row."""
        import pandas as pd

        return np.asarray(pd.Index(ids).isin(self.ids))


def read_side(path: Path, layout: Layout, key: str, role: str, bad: BadRows) -> Side:
    """Read a file without quotation marks; a row that repeats another in all columns read is passed over.

    Args:
        path: The file.
        layout: Its columns; those of kind skip are not read.
        key: Column of the ids, of kind number.
        role: What the ids are, e.g. ``user id``, for messages.
        bad: What to do with bad rows; a second, different row of an id is one.

    Raises:
        UserError: If a row is bad and may not be, or there is none.
    """
    blocks = list(read_blocks(path, layout, bad))
    if not sum(len(block.lines) for block in blocks):
        raise UserError(f"{path} holds no rows.")
    names = [name for name, kind in layout.columns.items() if kind != "skip" and name != key]
    ids = np.concatenate([block.columns[key] for block in blocks])
    lines = np.concatenate([block.lines for block in blocks])
    columns = {name: np.concatenate([_texts(block.columns[name]) for block in blocks]) for name in names}
    return once(path, ids, columns, lines, role, bad)


def once(
    path: Path, ids: NDArray[Any], columns: Mapping[str, Text], lines: NDArray[np.int64], role: str, bad: BadRows
) -> Side:
    """Build a side from rows of which some may repeat an id; the first of them counts.

    Raises:
        UserError: If a second row of an id says something else, and rows may not be bad.
    """
    import pandas as pd

    again = np.asarray(pd.Series(ids).duplicated())
    if again.any():
        kept = np.flatnonzero(~again)
        first = kept[pd.Index(ids[kept]).get_indexer(pd.Index(ids[again]))]
        for row, earlier in zip(np.flatnonzero(again), first, strict=True):
            if any(column[row] != column[earlier] for column in columns.values()):
                bad.add(path, int(lines[row]), f"{role} '{ids[row]}' occurs a second time, with other values")
    return Side(ids[~again], {name: column[~again] for name, column in columns.items()})


def _texts(column: NDArray[Any]) -> Text:
    if column.dtype != object:
        return np.array([str(value) for value in column.tolist()], object)
    stripped = {text: text.strip() for text in set(column.tolist())}
    return np.array([stripped[text] for text in column.tolist()], object)
