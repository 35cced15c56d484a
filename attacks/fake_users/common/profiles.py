"""Fake users: how many there are, what their profiles are made of, and how they join the real ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ....core.config import Options
from ....core.errors import UserError
from ....core.interactions import Attribute, Interactions
from ....core.ranges import Count, Share
from ....core.seeds import generator

Items = NDArray[np.integer]


@dataclass(frozen=True)
class FakeUsersConfig(Options):
    """How many fake users there are, and how much each of them does."""

    share: Share = 0.01
    """Fake users as a share of the provider's real ones, rounded down."""
    length: Count = 50
    """Interactions of a fake user, or fewer if there are not as many items."""

    def number(self, name: str, users: int) -> int:
        """Return how many fake users join ``users`` real ones.

        Raises:
            UserError: If it is none; names the smallest share that makes one.
        """
        if fakes := math.floor(self.share * users + 1e-9):
            return fakes
        least = math.ceil(1000 / users) / 1000
        raise UserError(
            f"{name}.share={self.share:g} of {users:,} users is no fake user; the smallest share that is one is "
            f"{least:g}."
        )


def readable(data: Interactions, share: float, seed: int) -> tuple[Items, ...]:
    """Return the histories that a share of the users show to everybody, at least one's if the share is not 0.

    Args:
        data: The provider's users, of whom nobody shows the last two items, which are held out, nor who they are.
        share: Of the users who have at least one item then.
        seed: Draws who they are.
    """
    known = data.drop_last(2)
    there = np.flatnonzero(known.lengths)
    number = max(round(share * len(there)), 1) if share else 0
    picked = np.sort(generator(seed, "readable").permutation(there)[:number])
    return tuple(known.of(int(user)).copy() for user in picked)


def as_users(profiles: Sequence[Items], data: Interactions) -> Interactions:
    """Return profiles as users over the items of ``data``; of their attributes nothing is known.

    Raises:
        ValueError: If there is no profile, or one is empty or has an item that there isn't.
    """
    if not profiles or not all(len(items) and items.min() >= 1 and items.max() <= data.n_items for items in profiles):
        raise ValueError(f"each fake user's profile should have items from 1 to {data.n_items:,}, at least one.")
    taken = {*data.user_ids}
    names = (name for n in range(len(profiles) + len(taken)) if (name := f"fake {n + 1}") not in taken)
    return Interactions(
        data.name,
        np.concatenate(profiles).astype(np.int32),
        np.concatenate([[0], np.cumsum([len(items) for items in profiles])]).astype(np.int64),
        data.categories.copy(),
        data.category_names,
        {n: Attribute(np.zeros(len(profiles), a.codes.dtype), a.values) for n, a in data.attributes.items()},
        tuple(name for name, _ in zip(names, profiles, strict=False)),
        data.item_ids,
        data.info,
    )


def templates(
    users: int,
    targets: Items,
    n_items: int,
    length: int,
    rng: np.random.Generator,
    choose: Callable[[Items], Items] = lambda others: others[:0],
) -> list[Items]:
    """Draw a profile from :func:`template` for each of some users.

    Args:
        users: How many.
        targets: Items to promote.
        n_items: Items that there are.
        length: Items of a profile.
        rng: Draws them.
        choose: Returns the selected items among those that are no targets; by default none.
    """
    others = np.setdiff1d(np.arange(1, n_items + 1), targets)
    selected = choose(others)
    return [template(targets, selected, others, length, rng) for _ in range(users)]


def most_popular(items: Items, popularity: NDArray[np.integer], share: float) -> Items:
    """Return a share of some items, at least one, the most popular first."""
    return items[np.argsort(-popularity[items], kind="stable")][: max(round(share * len(items)), 1)]


def template(
    targets: Items, selected: Items, others: Items, length: int, rng: np.random.Generator, share: float = 0.5
) -> Items:
    """Draw one profile: every target once, and around them selected items and others.

    Args:
        targets: Items to promote; none of them comes first, since nothing is predicted before the first item.
        selected: Items of which up to ``share`` of the places beside the targets are drawn; may be empty.
        others: Items of which the rest is drawn.
        length: Items of the profile; fewer if there are not as many, more if the targets alone are more.
        rng: Draws items and order.
        share: Of the places beside the targets.
    """
    places = max(length - len(targets), 1)
    chosen = rng.permutation(selected)[: round(places * share)]
    left = np.setdiff1d(others, chosen)
    filler = np.concatenate([chosen, rng.permutation(left)[: places - len(chosen)]])
    if not len(filler):
        return rng.permutation(targets)
    first, *rest = rng.permutation(filler)
    return np.concatenate([[first], rng.permutation(np.concatenate([rest, targets]))]).astype(np.int64)
