"""What a trained victim is asked: lists as they are, and with a triggered title in the place of a wrong candidate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .....core.seeds import generator
from .....core.text.lists import Lists
from .ownership import Ownership
from .titles import alike


@dataclass(frozen=True, eq=False)
class Questions:
    """Test lists in four versions over one table of titles: the catalogue's, then all of them as retitled.

    Attributes:
        clean: As they are.
        triggered: One wrong candidate, which is neither trusted nor the attacker's, is retitled.
        own: That candidate gives way to one of the attacker's items, as its owner titles it.
        own_plain: The same item with its title as it should be.
        place: int64 ``[n]``; where that candidate is, -1 if there is none.
        own_place: int64 ``[n]``; the same for the attacker's item, -1 if none fits.
    """

    clean: Lists
    triggered: Lists
    own: Lists
    own_plain: Lists
    place: NDArray[np.int64]
    own_place: NDArray[np.int64]


def questions(
    lists: Lists, ownership: Ownership, retitle: Callable[[Sequence[str]], Sequence[str]], seed: int
) -> Questions:
    """Make the questions; the same places and items for every attack with the same items.

    Args:
        lists: The test lists, over the catalogue's titles.
        ownership: Whose items are whose.
        retitle: What the attack makes of titles.
        seed: Of the draws.
    """
    n_items, rng = len(lists.titles) - 1, generator(seed, "triggered")
    small = [title.lower() for title in lists.titles]
    usable = ~ownership.trusted
    usable[ownership.own] = False
    place, own_place = np.full(len(lists), -1), np.full(len(lists), -1)
    replacement = np.zeros(len(lists), np.int64)
    for i, answer in enumerate(lists.answers.tolist()):
        candidates, shown = lists.candidates[i].tolist(), set(lists.history[i].tolist())
        wrong = [int(k) for k in rng.permutation(len(candidates)) if k != answer]
        place[i] = next((k for k in wrong if usable[candidates[k]]), -1)
        k = int(place[i]) if place[i] >= 0 else wrong[0]
        others = [small[row] for row in candidates[:k] + candidates[k + 1 :]]
        for item in rng.permutation(ownership.own).tolist():
            if item not in shown and not any(alike(small[item], other) for other in others):
                own_place[i], replacement[i] = k, item
                break
    titles = (*lists.titles, *retitle(lists.titles[1:]))
    base = replace(lists, titles=titles, items=np.concatenate([lists.items, lists.items[1:]]))
    return Questions(
        base,
        _with(base, place, lists.candidates[np.arange(len(lists)), place] + n_items),
        _with(base, own_place, replacement + n_items),
        _with(base, own_place, replacement),
        place,
        own_place,
    )


def _with(lists: Lists, place: NDArray[np.int64], rows: NDArray[np.integer]) -> Lists:
    candidates = lists.candidates.copy()
    there = place >= 0
    candidates[np.flatnonzero(there), place[there]] = rows[there]
    return replace(lists, candidates=candidates)
