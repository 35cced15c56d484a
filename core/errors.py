"""Mistakes of the user, reported in one sentence."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

LONGEST = 2000
"""Characters of an error's message that are shown."""
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class UserError(Exception):
    """A mistake that the user can correct: the message names the value, its origin and what is allowed.

    The command line prints the message without a traceback and exits with code 2.
    """


def unknown(kind: str, name: str, known: Iterable[str], note: str = "") -> UserError:
    """Build the error for an unknown name, with the nearest known ones.

    Args:
        kind: What the name should have named, e.g. ``"attack"``.
        name: What was given.
        known: Names that would have been accepted.
        note: A further sentence, e.g. why a plug-in could not be imported.
    """
    choices = sorted(known)
    near = difflib.get_close_matches(name, choices, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(choices) or 'none'}."
    return UserError(f"unknown {kind} {name!r}; {hint}{' ' + note if note else ''}")


def in_words(error: BaseException) -> str:
    """Return an error's type and message in one printable line, whatever a third party put there."""
    try:
        message = str(error)
    except KeyboardInterrupt:
        raise
    except BaseException as other:  # a message is made by its class, which may fail in any way
        message = f"its message cannot be shown, since {type(other).__name__} was raised instead"
    more = f" … ({len(message)} characters)" if len(message) > LONGEST else ""
    line = " ".join(message[:LONGEST].split()) + more
    return printable(f"{type(error).__name__}: {line}" if line else type(error).__name__)


def printable(text: str) -> str:
    """Return text with escapes for what would steer a terminal or cannot be encoded; new lines stay."""
    return _UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
