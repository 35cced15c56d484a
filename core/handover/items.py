"""Lists of items' ids from a stranger, one a line."""

from __future__ import annotations

from pathlib import Path

from ..errors import UserError
from .content import regular_content
from .texts import check_text, shown

MOST_BYTES = 2**30
PADDING = "[PAD]"
"""RecBole's id of row 0."""


def decode_items(content: bytes, path: Path) -> tuple[str, ...]:
    """Return the ids in a file's content, in the order of lines.

    Raises:
        UserError: If it is no UTF-8, does not end with a line break, or an id is empty, no plain text or there twice.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is no UTF-8 (byte {error.start}).") from error
    if not text.endswith("\n"):
        raise UserError(f"{path} does not end with a line break; it must have one item id a line.")
    items = tuple(text[:-1].split("\n"))
    first: dict[str, int] = {}
    for line, item in enumerate(items, 1):
        if not item:
            raise UserError(f"{path}:{line} is empty; it must have one item id a line.")
        check_text(item, f"{path}:{line}")
        if first.setdefault(item, line) != line:
            raise UserError(f"{path}:{line}: the item {shown(item)} stands in line {first[item]} already.")
    return items


def read_items(path: Path, rows: int) -> tuple[str, ...]:
    """Return the ids of a model's items from a file with one a line; a first line [PAD], for row 0, is dropped.

    Args:
        path: The file.
        rows: Rows of the model's table of items, that of padding counted.

    Raises:
        UserError: If it is no such list, or of another length than the table.
    """
    content = regular_content(path, MOST_BYTES)
    items = decode_items(content if content.endswith(b"\n") else content + b"\n", path)
    if items[0] == PADDING:
        items = items[1:]
    if len(items) != rows - 1:
        raise UserError(
            f"{path} has {len(items)} ids, and the model has {rows - 1} items; the file must have an id a line in the "
            f"order of the model's table, with or without {PADDING} before them."
        )
    return items
