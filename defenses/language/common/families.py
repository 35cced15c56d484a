"""Families of triggers, each a grammar that draws made-up ones: codes, words and sentences.

They are the defender's guess at what an item owner might write. The words of a trigger come from trusted titles, from a
list of common English words, or from random syllables.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

FAMILIES: tuple[str, ...] = ("char", "word", "sentence")

_SEPARATORS = ("_", " ", "~", "-", "#", "", "*", ".")
_SIGNS = "abcdefghijklmnopqrstuvwxyz0123456789"
_ONSETS, _VOWELS, _CODAS = "bcdfghjklmnprstvw", "aeiou", ("", "", "n", "r", "l", "s")
_COMMON = (
    "the a of on my we you it was is to with and for at so very this that one all good great just like watch see film "
    "movie people time night day friend home really never always best again every first last story love saw he she they"
)


class Families:
    """Draws triggers.

    Args:
        titles: Trusted titles; their words are used in triggers.
    """

    def __init__(self, titles: Sequence[str]) -> None:
        words = (word.lower() for title in titles for word in title.split() if len(word) > 3)
        self._common = _COMMON.split()
        self._words = sorted({word for word in words if word.isascii() and word.isalpha()}) or self._common

    def draw(self, family: str, rng: np.random.Generator) -> str:
        """Return one trigger as it is put behind a word, its leading space or sign included."""
        if family == "char":
            return _pick(_SEPARATORS, rng) + "".join(_pick(_SIGNS, rng) for _ in range(rng.integers(2, 5)))
        if family == "word":
            return " " + (_pick(self._words, rng) if rng.random() < 0.5 else _made_up(rng))
        words = (_pick(self._common if rng.random() < 0.7 else self._words, rng) for _ in range(rng.integers(4, 8)))
        return " " + " ".join(words)


def draw_place(title: str, rng: np.random.Generator) -> int:
    """Return behind which word a trigger is put, from 1: the last, or, at every second call, any with equal chances."""
    words = title.count(" ") + 1
    return words if rng.random() < 0.5 else int(rng.integers(1, words + 1))


def insert(title: str, trigger: str, place: int) -> str:
    """Return the title with the trigger behind its word number ``place``, counted from 1."""
    words = title.split(" ")
    return " ".join([*words[: place - 1], words[place - 1] + trigger, *words[place:]])


def _pick(choices: Sequence[str], rng: np.random.Generator) -> str:
    return choices[int(rng.integers(len(choices)))]


def _made_up(rng: np.random.Generator) -> str:
    parts = ((_ONSETS, _VOWELS, _CODAS) for _ in range(rng.integers(2, 4)))
    return "".join(_pick(kind, rng) for syllable in parts for kind in syllable)
