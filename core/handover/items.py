"""Lists of items' ids from a stranger, one a line."""

from __future__ import annotations

from pathlib import Path

from ..errors import UserError
from .texts import check_text, shown


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
