"""Tables as JSON: all that they hold, names as they are."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from ...tables.table import Table, TableCell


def render(tables: Sequence[Table]) -> str:
    """Return a list of tables; a cell has what it holds and nothing else, an empty one is ``{}``.

    ASCII, so that names which are not Unicode come through; numbers are not rounded, and those that are not finite
    become null.
    """
    return json.dumps([_table(table) for table in tables], indent=1, allow_nan=False) + "\n"


def _table(table: Table) -> dict[str, Any]:
    columns = [{"header": c.header, "unit": c.unit, "meaning": c.meaning, "align": c.align} for c in table.columns]
    return {
        "name": table.name,
        "title": table.title,
        "subject": table.subject,
        "columns": columns,
        "keys": table.keys,
        "rows": [[_cell(cell) for cell in row] for row in table.rows],
        "caption": list(table.caption),
        "notes": [list(note) for note in table.notes],
        "sources": [list(source) for source in table.sources],
    }


def _cell(cell: TableCell) -> dict[str, Any]:
    if cell.parts:
        return {"parts": [_cell(part) for part in cell.parts]}
    held = {"number": cell.number, "low": cell.low, "high": cell.high, "n": cell.n}
    found: dict[str, Any] = {k: v if math.isfinite(v) else None for k, v in held.items() if v is not None}
    return found | {key: value for key, value in (("text", cell.text), ("note", cell.note)) if value}
