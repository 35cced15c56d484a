"""Which columns become users' attributes and items' categories, and what their values are called."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ...core.errors import UserError
from ...core.interactions import Attribute
from .folder_config import FolderConfig
from .sequences import natural
from .table import Table, Text

CATEGORY_NAMES = ("class", "genre", "genres", "category", "categories", "cate")
MOST_VALUES = 50
MOST_VALUES_SHARE = 0.2


def bucket_widths(rule: str) -> dict[str, int]:
    """Parse ``age:10+income:5000`` into widths by attribute.

    Raises:
        UserError: If the rule is malformed or a width is no whole number above zero.
    """
    widths = {}
    for part in rule.split("+") if rule else []:
        name, _, width = part.strip().rpartition(":")
        if not name or not (width.isascii() and width.isdigit()) or int(width) == 0:
            raise UserError(f"buckets={rule}: {part!r} is not attribute:width with a whole width, e.g. age:10.")
        widths[name] = int(width)
    return widths


def choose_attributes(
    table: Table, config: FolderConfig, widths: Mapping[str, int], rows: NDArray[np.int64]
) -> dict[str, Text]:
    """Return the text of every attribute's column, with ranges where ``widths`` asks for them.

    Without a configured choice these are the columns put into ranges, and the token columns that
    have at most 50 values and not more than one for every five users (two are always fine): a zip
    code identifies a user and describes no group.

    Args:
        table: The .user file.
        config: Names the columns, or none.
        widths: Widths of ranges by column.
        rows: The rows whose values count, one per user.

    Raises:
        UserError: If a configured column is missing or of another type, or has no number where a range needs one.
    """
    wanted = () if config.attributes == ("none",) else config.attributes
    for column in [*wanted, *widths]:
        kinds = ("token", "float") if column in widths else ("token",)
        table.require(column, kinds, "attribute")
    unused = [c for c in widths if config.attributes and c not in wanted]
    if unused:
        raise UserError(f"buckets={config.buckets}: {unused[0]} is not among attributes={'+'.join(config.attributes)}.")
    default = [c for c, kind in table.types.items() if (kind == "token" or c in widths) and c != config.user]
    found = {}
    for column in wanted or ([] if config.attributes else default):
        (text,) = table.columns(column)
        text = _ranges(table, column, text, widths[column]) if column in widths else text
        distinct = len(set(text[rows]) - {""})
        if wanted or column in widths or 0 < distinct <= min(MOST_VALUES, max(2, MOST_VALUES_SHARE * len(rows))):
            found[column] = text
    return found


def _ranges(table: Table, column: str, text: Text, width: int) -> Text:
    there = text != ""
    numbers = table.numbers(column, np.where(there, text, "0"))
    lows = [int(n // width) * width for n in numbers[there]]
    result = np.full(len(text), "", object)
    result[there] = [f"{low}-{low + width - 1}" if width > 1 else str(low) for low in lows]
    return result


def choose_category(table: Table, config: FolderConfig, rows: NDArray[np.int64]) -> str:
    """Return the column of the items' category, or "" where there is none.

    Without a configured choice it is the first token or token_seq column with at least two values
    and at least two items per value, those with a usual name (class, genre, ...) before others.

    Args:
        table: The .item file.
        config: Names the column, or none.
        rows: The rows whose values count, one per item.

    Raises:
        UserError: If a configured column is missing or of another type.
    """
    if config.category:
        if config.category == "none":
            return ""
        table.require(config.category, ("token", "token_seq"), "category")
        return config.category
    columns = [c for c, kind in table.types.items() if kind in ("token", "token_seq") and c != config.item]
    columns.sort(key=lambda c: c.lower() not in CATEGORY_NAMES)
    for column in columns:
        distinct = len(set(first_entry(table, column)[rows]) - {""})
        if 2 <= distinct <= len(rows) / 2:
            return column
    return ""


def first_entry(table: Table, column: str) -> Text:
    """Return each row's value, of a token_seq only the first one."""
    (text,) = table.columns(column)
    if table.types[column] == "token_seq":
        text = np.array([(t.split() or [""])[0] for t in text], object)
    return text


def codes_of(text: Text, rows: NDArray[np.int64]) -> Attribute:
    """Number the values of ``text[rows]`` in natural order; row -1 and an empty text are unknown."""
    values = np.where(rows >= 0, text[rows], "")
    names = natural(set(values) - {""})
    number = {"": 0, **{n: k for k, n in enumerate(names, 1)}}
    return Attribute(np.array([number[v] for v in values], np.int32), tuple(names))
