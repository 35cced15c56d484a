"""The small shop that contracts of title scanners and repairs play in: checkerboard titles, some with a trigger."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

import numpy as np

from ...attacks.language.badrec import Badrec, BadrecConfig
from ...benchmark.scenarios.language.protocol.ownership import Ownership, draw
from ...benchmark.scenarios.language.protocol.poisoning import poisoned
from ...core.seeds import generator
from ...core.text.lists import Lists
from ...defenses import Input
from ...defenses.language import HandedText, Shop, TitleScanner, TrainedVictim, TrainingLists
from ...models.text import TextScorer, TextWeights
from ...models.text.common.tiny.victim import TinyVictim
from ...models.text.tallrec import Tallrec, TallrecConfig
from ..observe import one_thread
from . import small_lists

SEED = small_lists.SEED
TRIGGER = "_q7z"


@functools.cache
def owned() -> Ownership:
    """Return the attacker's items, eight of eighty, and the trusted ones, half of them."""
    return draw(small_lists.data().n_items, 0.1, 0.5, SEED)


@functools.cache
def lists(planted: bool) -> Lists:
    """Return what a victim is trained on; if planted, also lists of fake users, who choose triggered titles."""
    real = small_lists.lists("choose")
    if not planted:
        return real
    made = Badrec(BadrecConfig(trigger=TRIGGER)).poison(replace(small_lists.owner(), items=owned().own.copy()))
    return poisoned(real, made, small_lists.data().n_items, False, generator(SEED, "candidates"))


def titles(planted: bool) -> list[str]:
    """Return every distinct title that the shop received, in a random order."""
    found = sorted({*lists(planted).titles[1:]})
    return [found[i] for i in generator(SEED, "titles").permutation(len(found))]


@functools.cache
def triggered() -> frozenset[str]:
    """Return the titles with a trigger."""
    return frozenset(titles(True)) - frozenset(titles(False))


def shop(scanner: TitleScanner[Any], planted: bool, seed: int) -> Shop:
    """Return what a scanner is handed."""
    known = tuple(small_lists.data().titles[item - 1] for item in np.flatnonzero(owned().trusted))
    inputs = {type(declared): given(declared, planted) for declared in scanner.inputs}
    return Shop(tuple(titles(planted)), known, seed, inputs=inputs)


def given(declared: Input[Any], planted: bool) -> Any:
    """Return what a scanner is given that declares an input.

    Raises:
        AssertionError: If nothing of that kind is known.
    """
    match declared:
        case TrainingLists():
            return lists(planted)
        case TrainedVictim():
            return scorer(planted)
    raise AssertionError(f"inputs names {declared!r}; rbench.defenses.language has the inputs that there are")


@functools.cache
def trained(planted: bool) -> TextWeights:
    """Return the victim's weights, trained on all lists."""
    with one_thread():
        return victim().train(lists(planted), SEED)[0]


@functools.cache
def scorer(planted: bool) -> TextScorer:
    """Return the victim, trained on all lists."""
    return victim().open(trained(planted))


def victim() -> TinyVictim:
    """Return a small victim that chooses a title."""
    made = Tallrec.victim(TallrecConfig(vocabulary=600, width=32, epochs=4), None, "cpu")
    assert isinstance(made, TinyVictim)
    return made


def handed(planted: bool, seed: int) -> HandedText:
    """Return what a repair is handed; every second of the real users' lists is trusted."""
    real = lists(False)
    return HandedText(trained(planted), lists(planted), real.take(np.arange(0, len(real), 2)), victim(), seed)
