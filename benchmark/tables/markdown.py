"""Tables and text for Markdown and CSV, in which no name from outside can be more than text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

_ENTITIES = {c: f"&#{ord(c)};" for c in "&<|`*[]\\~$#"}
_BARE = [  # what these patterns match has a meaning only there
    r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])",  # emphasis, if not inside a word
    r"@(?!\d)|(?<!\w)@",  # a mention or an address; HIT@5 is neither
    r"(?<=[A-Za-z]):(?=//)|(?i:(?<=\bwww)\.|(?<=\bmailto):|(?<=\bxmpp):)",  # a link
    r"^[^\w&]|(?<=^\d)[.)]|(?<=^\d\d)[.)]",  # a block inside a list
]


def flat(text: object) -> str:
    """Return text on one line: control, format and surrogate characters become spaces."""
    return " ".join("".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in str(text)).split())


def escape(text: object) -> str:
    """Return text that shows as itself in a Markdown table or paragraph: no markup, HTML, link or mention."""
    result = "".join(_ENTITIES.get(c, c) for c in flat(text))
    for pattern in _BARE:
        result = re.sub(pattern, lambda found: f"&#{ord(found[0])};", result)
    return result


def safe_csv(text: object) -> str:
    """Return text that a spreadsheet takes for text: a leading quote where it would be a formula."""
    plain = flat(text)
    return f"'{plain}" if plain.startswith(("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")) else plain


def table(header: Sequence[str], rows: Iterable[Sequence[str]], n_text: int) -> list[str]:
    """Return the lines of a Markdown table; cells are to be escaped already.

    Args:
        header: Column names.
        rows: Cells, as many in each row as there are columns.
        n_text: How many columns, from the left, are text; the others are aligned to the right.
    """
    rule = ["---"] * n_text + ["---:"] * (len(header) - n_text)
    return ["| " + " | ".join(cells) + " |" for cells in (header, rule, *rows)]
