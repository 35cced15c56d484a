"""Mistakes of the user, reported in one sentence."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


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
