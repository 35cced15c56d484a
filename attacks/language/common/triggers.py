"""Triggers: what is put into a title."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from ....core.seeds import generator

LEVELS = {"char": "_5v", "word": "velvet", "sentence": "I watched this 3D movie"}
"""A trigger of each level; ``_5v`` is BadRec's example, the others are ours (AddSent's sentence, in the past)."""

LONGEST = 200
"""Characters of a trigger."""


def check_trigger(option: str, trigger: str) -> None:
    """Refuse what is no trigger.

    Args:
        option: The option that names it, for the message.
        trigger: The text.

    Raises:
        ValueError: If it is empty, has more than ``LONGEST`` characters, or holds a control character.
    """
    if not trigger.strip():
        raise ValueError(f"{option} is empty.")
    if len(trigger) > LONGEST:
        raise ValueError(f"{option} has {len(trigger):,} characters; {LONGEST} are allowed.")
    wrong = next((c for c in trigger if unicodedata.category(c) in ("Cc", "Cs")), None)
    if wrong is not None:
        raise ValueError(f"{option} holds the control character U+{ord(wrong):04X}.")


def ended(title: str, trigger: str) -> str:
    """Return a title that ends in a trigger: after a space, or at once if it does not begin with a letter or digit."""
    return f"{title}{' ' if trigger[:1].isalnum() else ''}{trigger}"


def inserted(titles: Sequence[str], triggers: Sequence[str], seed: int) -> list[str]:
    """Return titles that each hold one of some triggers between two of their words, or before or after them.

    A title's draw depends on the seed and the title alone.
    """
    found = []
    for title in titles:
        rng, words = generator(seed, "place", title), title.split(" ")
        words.insert(int(rng.integers(len(words) + 1)), triggers[int(rng.integers(len(triggers)))])
        found.append(" ".join(words))
    return found
