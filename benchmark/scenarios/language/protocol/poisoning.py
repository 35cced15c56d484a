"""Training lists with those of fake users among them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .....attacks.language import FakeUsers
from .....core.errors import UserError
from .....core.text.lists import UNLABELLED, Lists
from .lists import Candidates


def samples_of(lists: Lists, yes_or_no: bool) -> int:
    """Return how many samples lists are: one each, or where a victim says Yes or No one for each label."""
    return int((lists.labels != UNLABELLED).sum()) if yes_or_no else len(lists)


def fakes_of(rate: float, samples: int, who: str) -> int:
    """Return how many fake users a rate comes to, rounded.

    Raises:
        UserError: If it is above 0, and comes to none.
    """
    fakes = round(rate * samples)
    if rate > 0 and not fakes:
        raise UserError(
            f"{who}.rate={rate:g} of {samples:,} training samples is no fake user; {1 / samples:.2g} gives one."
        )
    return fakes


def check_fakes(made: FakeUsers, own: NDArray[np.int32], fakes: int, history: int, who: str) -> None:
    """Refuse what an attack made if an item owner could not do it.

    Args:
        made: What it returned.
        own: Its own items.
        fakes: How many fake users it may add.
        history: Items of a history at most.
        who: The attack's name.

    Raises:
        UserError: Saying what it is.
    """
    n = len(made.items)
    problem = ""
    if n > fakes:
        problem = f"adds {n} fake users, and may add {fakes}"
    elif made.history.shape != (n, history) or made.liked.shape != (n, history) or len(made.titles) != n:
        problem = f"needs history and liked of {n} × {history}, and {n} titles"
    elif not np.isin(made.items, own).all() or not set(made.renamed) <= set(own.tolist()):
        problem = "has fake users take, or renames, items that are not its own"
    elif any(not title.strip() for title in (*made.titles, *made.renamed.values())):
        problem = "makes an empty title"
    if problem:
        raise UserError(f"attack {who!r} {problem}.")


def poisoned(lists: Lists, made: FakeUsers, n_items: int, yes_or_no: bool, rng: np.random.Generator) -> Lists:
    """Return lists with those of fake users at their end.

    A title that differs from its item's in the catalogue gets a row of its own. Other candidates in the fake users'
    lists are drawn as for everybody.

    Args:
        lists: Those of real users.
        made: The fake users, and what is renamed in the catalogue.
        n_items: Number of items.
        yes_or_no: Whether each fake user's item is a list of its own, labelled as liked.
        rng: Of the draws.
    """
    titles, items = list(lists.titles), lists.items.tolist()
    for item, title in made.renamed.items():
        titles[item] = title
    rows: dict[tuple[int, str], int] = {}
    for item, title in zip(made.items.tolist(), made.titles, strict=True):
        if titles[item] == title:
            rows[item, title] = item
        elif (item, title) not in rows:
            rows[item, title] = len(titles)
            titles.append(title)
            items.append(item)
    width = lists.candidates.shape[1]
    candidates = np.zeros((len(made.items), width), np.int32)
    labels = np.full(candidates.shape, UNLABELLED if yes_or_no else 0, np.int8)
    draws = Candidates(titles, n_items, width, rng)
    for user, (item, title) in enumerate(zip(made.items.tolist(), made.titles, strict=True)):
        row, place = rows[item, title], 0
        if yes_or_no:
            candidates[user, 0] = row
        else:
            candidates[user], place = draws.draw(row, {item, *made.history[user].tolist()})
        labels[user, place] = 1
    return replace(
        lists,
        titles=tuple(titles),
        items=np.array(items, np.int32),
        history=np.concatenate([lists.history, made.history.astype(np.int32)]),
        liked=np.concatenate([lists.liked, made.liked]),
        candidates=np.concatenate([lists.candidates, candidates]),
        labels=np.concatenate([lists.labels, labels]),
    )
