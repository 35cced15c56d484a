"""Makes clicks of many users at once: users of a length walk together, one step for all at a time."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.seeds import generator

SHORTEST, BORDER = 3, 10
AHEAD = 3
TASTES = 16
"""Kinds of taste: how users weigh the categories. Attributes make some of them likelier."""
GENDERS, AGES, POWERS = 2, 6, 7


@dataclass(frozen=True)
class Shape:
    """How large it all is.

    Attributes:
        items: Number of items.
        categories: Number of categories.
        long: Users with ten clicks or more.
        short: Users with fewer.
        long_clicks: Clicks of the former.
        short_clicks: Clicks of the latter.
    """

    items: int
    categories: int
    long: int
    short: int
    long_clicks: int
    short_clicks: int

    @classmethod
    def of(cls, scale: float) -> Shape:
        """Return the paper's CIKM times ``scale``; the number of categories grows with the root."""
        return cls(
            items=max(60, round(133_700 * scale)),  # some get no click; about 130,000 do
            categories=max(6, round(1000 * math.sqrt(scale))),
            long=max(20, round(60_000 * scale)),
            short=max(20, round(31_000 * scale)),
            long_clicks=round(2_000_000 * scale),
            short_clicks=round(200_000 * scale),
        )


@dataclass(frozen=True, eq=False)
class Clicks:
    """What was made.

    Attributes:
        users: int32 ``[clicks]``; each user's clicks stand in their order.
        items: int32 ``[clicks]``.
        categories: int32 ``[items]``.
        gender: int64 ``[users]``, and so are age and power.
        age: See gender.
        power: See gender.
    """

    users: NDArray[np.int32]
    items: NDArray[np.int32]
    categories: NDArray[np.int32]
    gender: NDArray[np.int64]
    age: NDArray[np.int64]
    power: NDArray[np.int64]


class _Board:
    """Items sorted by category, and ways to draw them."""

    def __init__(self, shape: Shape, rng: np.random.Generator) -> None:
        sizes = 1 / np.arange(1, shape.categories + 1) ** 0.8
        counts = 4 + np.floor(sizes / sizes.sum() * (shape.items - 4 * shape.categories)).astype(np.int64)
        counts[0] += shape.items - counts.sum()
        self.starts = np.concatenate([[0], np.cumsum(counts)])
        self.sizes = counts
        self.categories = np.repeat(np.arange(shape.categories), counts).astype(np.int32)
        popularity = 1 / (1 + rng.permutation(shape.items)) ** 0.9
        # Cumulative within each category plus the category's number: one search draws for all categories.
        totals = np.add.reduceat(popularity, self.starts[:-1])
        inside = np.cumsum(popularity)
        inside -= np.repeat(np.concatenate([[0], np.cumsum(totals)[:-1]]), counts)
        self.inside = self.categories + np.minimum(inside / totals[self.categories], 1 - 1e-12)
        # Tastes: each likes some categories a good deal more than their size says.
        weights = sizes * np.exp(1.5 * rng.standard_normal((TASTES, shape.categories)))
        weights = np.cumsum(weights / weights.sum(1, keepdims=True), axis=1)
        self.tastes = np.arange(TASTES)[:, None] + np.minimum(weights, 1 - 1e-12)
        self.labels = rng.permutation(shape.items).astype(np.int32)  # an id says nothing about the category

    def category(self, taste: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        """Draw a category for each taste."""
        flat = self.tastes.ravel()
        found = np.searchsorted(flat, taste + rng.random(len(taste)))
        n = self.tastes.shape[1]
        category: NDArray[np.int64] = np.minimum(found - taste * n, n - 1)
        return category

    def popular(self, category: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        """Draw an item of each category by popularity."""
        found = np.searchsorted(self.inside, category + rng.random(len(category)))
        item: NDArray[np.int64] = np.minimum(found, self.starts[category + 1] - 1)
        return item

    def next(self, item: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        """Draw one of the next few items along the category's cycle; the nearest is the likeliest."""
        category = self.categories[item].astype(np.int64)
        step = 1 + np.searchsorted(np.array([0.6, 0.85, 1.0])[: AHEAD - 1], rng.random(len(item)))
        start = self.starts[category]
        found: NDArray[np.int64] = start + (item - start + step) % self.sizes[category]
        return found


def make_clicks(shape: Shape, stay: float, follow: float, seed: int) -> Clicks:
    """Make all clicks.

    Args:
        shape: How many.
        stay: Chance of a click in the last one's category.
        follow: Among these, chance of an item next along the cycle.
        seed: Decides every draw.
    """
    rng = generator("synthetic-cikm", seed)
    board = _Board(shape, rng)
    lengths = np.concatenate([_long(shape, rng), _short(shape, rng)])
    lengths = lengths[rng.permutation(len(lengths))]
    n = len(lengths)
    gender, age, power = rng.integers(GENDERS, size=n), rng.integers(AGES, size=n), rng.integers(POWERS, size=n)
    # Four tastes for each gender and half of the ages; a quarter of the users has any taste.
    taste = gender * 8 + (age >= AGES // 2) * 4 + np.minimum(power // 2, 3)
    taste = np.where(rng.random(n) < 0.25, rng.integers(TASTES, size=n), taste)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    items = np.empty(offsets[-1], np.int32)
    order = np.argsort(-lengths, kind="stable")  # those who still walk at step t come first
    walking = np.searchsorted(-lengths[order], -np.arange(lengths.max()), side="left")
    item: NDArray[np.int64] = np.empty(0, np.int64)
    for t, many in enumerate(walking):
        users = order[:many]
        category = board.category(taste[users], rng)
        if t:
            last = item[:many]
            staying = rng.random(many) < stay
            category = np.where(staying, board.categories[last], category)
            item = np.where(staying & (rng.random(many) < follow), board.next(last, rng), board.popular(category, rng))
        else:
            item = board.popular(category, rng)
        items[offsets[users] + t] = board.labels[item]
    categories = np.empty(shape.items, np.int32)
    categories[board.labels] = board.categories
    return Clicks(np.repeat(np.arange(n, dtype=np.int32), lengths), items, categories, gender, age, power)


def _long(shape: Shape, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return lengths from ten on, many short and few very long, that sum to what is wanted."""
    extra = np.minimum(rng.pareto(1.8, shape.long), 40)
    spare = max(0, shape.long_clicks - BORDER * shape.long)
    lengths = BORDER + np.floor(extra / extra.sum() * spare + rng.random(shape.long)).astype(np.int64)
    return _adjusted(lengths, BORDER * shape.long + spare, BORDER, 10**6, rng)


def _short(shape: Shape, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return lengths from three to nine that sum to what is wanted."""
    longest = BORDER - 1
    total = min(max(shape.short_clicks, SHORTEST * shape.short), longest * shape.short)
    return _adjusted(rng.integers(SHORTEST, BORDER, size=shape.short), total, SHORTEST, longest, rng)


def _adjusted(
    lengths: NDArray[np.int64], total: int, least: int, most: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Add or take one at a time, of users drawn anew, until the sum is right."""
    while left := total - int(lengths.sum()):
        able = np.flatnonzero(lengths < most if left > 0 else lengths > least)
        drawn = rng.choice(able, min(abs(left), len(able)), replace=False)
        lengths[drawn] += 1 if left > 0 else -1
    return lengths
