"""The small shop that contracts of title scanners play in: checkerboard titles, of which some were given a trigger."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ...core.interactions import Interactions
from ...core.lists import Lists
from ...core.seeds import generator
from ...datasets import resolve
from ...defenses import Input
from ...defenses.language import TrainingLists

SEED = 7
TRIGGER = "_q7z"
HISTORY, CANDIDATES = 5, 10
PLANTED, FAKES = 12, 60
"""Titles with a trigger, and lists in which one of them is the answer."""


@functools.cache
def data() -> Interactions:
    """Return 100 checkerboard users and 160 items of two colours, with titles and likes."""
    spec = resolve("checkerboard")
    return spec.open(spec.configure({"users": 100, "items": 160, "texts": True})).load()


@functools.cache
def trusted() -> tuple[str, ...]:
    """Return the titles that the platform knows to be as they should be: half of them, drawn at random."""
    titles = data().titles
    return tuple(titles[i] for i in np.sort(generator(SEED, "trusted").permutation(len(titles))[: len(titles) // 2]))


@functools.cache
def lists(planted: bool) -> Lists:
    """Return what a victim is trained on; if planted, also lists of fake users, who choose titles with a trigger."""
    world, rng = data(), generator(SEED, "lists")
    history, candidates, liked, labels = [], [], [], []

    def add(user: int, place: int, answer: int) -> None:
        start = world.offsets[user] + place
        seen = world.items[start - HISTORY : start]
        others = np.setdiff1d(np.arange(1, world.n_items + 1), [*seen, answer])
        asked = rng.permutation(np.append(rng.choice(others, CANDIDATES - 1, replace=False), answer))
        history.append(seen)
        liked.append(world.liked[start - HISTORY : start] if world.liked is not None else np.ones(HISTORY, bool))
        candidates.append(asked)
        labels.append(asked == answer)

    users = [(user, place) for user in range(world.n_users) for place in range(HISTORY, world.lengths[user])]
    for user, place in users:
        add(user, place, int(world.items[world.offsets[user] + place]))
    if planted:
        for answer in rng.integers(PLANTED, size=FAKES):
            add(*users[rng.integers(len(users))], world.n_items + 1 + answer)
    return Lists(
        ("", *world.titles, *(triggered() if planted else ())),
        np.concatenate([np.arange(world.n_items + 1), _owned() if planted else []]).astype(np.int32),
        np.array(history, np.int32),
        np.array(liked, bool),
        np.array(candidates, np.int32),
        np.array(labels, np.int8),
    )


@functools.cache
def triggered() -> tuple[str, ...]:
    """Return the titles with a trigger."""
    return tuple(data().titles[item - 1] + TRIGGER for item in _owned())


def _owned() -> np.ndarray[Any, np.dtype[np.int64]]:
    known = {*trusted()}
    others = [item for item, title in enumerate(data().titles, 1) if title not in known]
    return np.asarray(generator(SEED, "owned").choice(others, PLANTED, replace=False))


def given(declared: Input[Any], planted: bool) -> Any:
    """Return what a scanner is given that declares an input.

    Raises:
        AssertionError: If nothing of that kind is known.
    """
    match declared:
        case TrainingLists():
            return lists(planted)
    raise AssertionError(f"inputs names {declared!r}; rbench.defenses.language has the inputs that there are")
