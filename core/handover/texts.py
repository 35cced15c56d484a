"""Texts from a stranger: bounded in length, on one line, shown so that a terminal does not obey them."""

from __future__ import annotations

import unicodedata

from ..errors import UserError

LONGEST = 1000
"""Characters that a text may have."""
_REFUSED = {"Cc": "a control character", "Cs": "half of a character", "Zl": "a line break", "Zp": "a line break"}


def check_text(text: str, where: str) -> None:
    """Refuse a text that is too long, has line breaks or control characters, or cannot be written as UTF-8.

    Args:
        text: From a stranger; markup in it is only text.
        where: Where it was found, for the message.

    Raises:
        UserError: Saying which.
    """
    if len(text) > LONGEST:
        raise UserError(f"{where} has a text of {len(text)} characters, {shown(text)}; at most {LONGEST} are allowed.")
    if text.isprintable():
        return
    for character in text:
        if why := _REFUSED.get(unicodedata.category(character)):
            raise UserError(f"{where} has {why}, {character!r}, in {shown(text)}; texts are of one line and plain.")


def shown(value: object) -> str:
    """Return a value as Python writes it, cut after 60 characters, with nothing in it that a terminal obeys."""
    text = ascii(value[:60] if isinstance(value, (str, bytes)) else value)
    return text if len(text) <= 80 else f"{text[:60]}..."
