"""Who interacted with what, in which order: the form in which every stage gets its data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.integer]


@dataclass(frozen=True, eq=False)
class Attribute:
    """One attribute of all users, e.g. gender.

    Attributes:
        codes: int32 ``[users]``; 0 means unknown, ``k`` means ``values[k - 1]``.
        values: The values' names, in the order of their codes.
    """

    codes: IntArray
    values: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Interactions:
    """Sequences of all users in one flat array, oldest first.

    Attributes:
        name: The data set's name.
        items: int32 ``[interactions]``; item ids 1..n_items, 0 is padding and never occurs here.
        offsets: int64 ``[users + 1]``; user ``u`` has ``items[offsets[u]:offsets[u + 1]]``.
        categories: int32 ``[n_items + 1]``; each item's category, 0 where unknown (and for padding).
        category_names: Name of category ``k`` at position ``k - 1``.
        attributes: Users' attributes by name.
        user_ids: The users' ids in the raw data.
        item_ids: The items' ids in the raw data; item ``i`` at position ``i - 1``.
        info: Licence, source and what the loader did, for people.
        titles: The items' titles, item ``i`` at position ``i - 1``; empty unless the data set was read with them.
        liked: bool ``[interactions]``; whether the user liked the item. None where nothing says so.
    """

    name: str
    items: IntArray
    offsets: IntArray
    categories: IntArray
    category_names: tuple[str, ...]
    attributes: Mapping[str, Attribute]
    user_ids: tuple[str, ...]
    item_ids: tuple[str, ...]
    info: Mapping[str, str] = field(default_factory=dict)
    titles: tuple[str, ...] = ()
    liked: NDArray[np.bool_] | None = None

    @property
    def n_users(self) -> int:
        """Number of users."""
        return len(self.offsets) - 1

    @property
    def n_items(self) -> int:
        """Number of items in the vocabulary, padding not counted."""
        return len(self.item_ids)

    @property
    def lengths(self) -> IntArray:
        """int64 ``[users]``: interactions of each user."""
        return np.diff(self.offsets)

    @property
    def users(self) -> IntArray:
        """int64 ``[interactions]``: the user of each interaction."""
        return np.repeat(np.arange(self.n_users), self.lengths)

    def of(self, user: int) -> IntArray:
        """Return the items of one user, oldest first."""
        return self.items[self.offsets[user] : self.offsets[user + 1]]

    def take(self, users: IntArray) -> Interactions:
        """Return a copy with only ``users``, in that order, over the same item vocabulary.

        A copy and not a view: what is handed to an attacker or a defender must not lead
        back, through an array's base, to the rest of the data.
        """
        lengths = self.lengths[users]
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        picks = np.arange(offsets[-1]) - np.repeat(offsets[:-1] - self.offsets[:-1][users], lengths)
        return replace(
            self,
            items=self.items[picks],
            offsets=offsets,
            categories=self.categories.copy(),
            attributes={n: Attribute(a.codes[users], a.values) for n, a in self.attributes.items()},
            user_ids=tuple(self.user_ids[int(u)] for u in users),
            liked=None if self.liked is None else self.liked[picks],
        )

    def drop_last(self, n: int) -> Interactions:
        """Return a copy without each user's last ``n`` interactions; short users keep none."""
        lengths = np.maximum(self.lengths - n, 0)
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        picks = np.arange(offsets[-1]) - np.repeat(offsets[:-1] - self.offsets[:-1], lengths)
        return replace(
            self,
            items=self.items[picks],
            offsets=offsets,
            categories=self.categories.copy(),
            attributes={n: Attribute(a.codes.copy(), a.values) for n, a in self.attributes.items()},
            liked=None if self.liked is None else self.liked[picks],
        )

    def keep_last(self, n: int) -> Interactions:
        """Return the same users with their last ``n`` interactions; the other arrays are shared."""
        surplus = np.maximum(self.lengths - n, 0)
        places = np.arange(len(self.items)) - np.repeat(self.offsets[:-1], self.lengths)
        kept = places >= np.repeat(surplus, self.lengths)
        offsets = np.concatenate([[0], np.cumsum(self.lengths - surplus)]).astype(np.int64)
        return replace(self, items=self.items[kept], offsets=offsets)

    def before_last(self, items: IntArray) -> Interactions:
        """Return a copy in which each user has ``items`` just before the last interaction; no user may be empty."""
        places = np.repeat(self.offsets[1:] - 1, len(items))
        return replace(
            self,
            items=np.insert(self.items, places, np.tile(items, self.n_users)).astype(self.items.dtype),
            offsets=self.offsets + len(items) * np.arange(self.n_users + 1),
        )

    def concat(self, *others: Interactions) -> Interactions:
        """Return a copy with the users of ``others`` after these, e.g. fake users beside real ones.

        What users liked is known of the whole only where it is known of every part.

        Raises:
            ValueError: If another has other items, categories or attributes, or a user of the same id.
        """
        parts = (self, *others)
        for other in others:
            for what in ("item_ids", "category_names", "titles"):
                if getattr(self, what) != getattr(other, what):
                    raise ValueError(f"{self.name} and {other.name} differ in {what}; take the same vocabulary.")
            if not np.array_equal(self.categories, other.categories):
                raise ValueError(f"{self.name} and {other.name} differ in their items' categories.")
            if _values(self) != _values(other):
                raise ValueError(f"{self.name} and {other.name} differ in their users' attributes or their values.")
        user_ids = tuple(user for part in parts for user in part.user_ids)
        if len(set(user_ids)) < len(user_ids):
            twice = Counter(user_ids).most_common(1)[0][0]
            raise ValueError(f"user {twice!r} occurs twice; give fake users ids of their own.")
        codes = {name: np.concatenate([part.attributes[name].codes for part in parts]) for name in self.attributes}
        return replace(
            self,
            items=np.concatenate([part.items for part in parts]),
            offsets=np.concatenate([[0], np.cumsum(np.concatenate([part.lengths for part in parts]))]).astype(np.int64),
            categories=self.categories.copy(),
            attributes={name: Attribute(codes[name], a.values) for name, a in self.attributes.items()},
            user_ids=user_ids,
            liked=_joined([part.liked for part in parts]),
        )

    def fake_users(self, profiles: Sequence[IntArray]) -> Interactions:
        """Return users who have these items, to be joined by :meth:`concat`; attributes and likes are unknown.

        Args:
            profiles: Each user's items, oldest first; the ids are those of ``items``.

        Raises:
            ValueError: If an id is none of an item's.
        """
        lengths = np.array([len(profile) for profile in profiles], np.int64)
        items = np.concatenate([np.zeros(0, np.int32), *profiles]).astype(np.int32)
        if items.size and not 1 <= items.min() <= items.max() <= self.n_items:
            raise ValueError(f"profiles hold {items.min()} to {items.max()}; items are 1 to {self.n_items}.")
        return replace(
            self,
            items=items,
            offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            categories=self.categories.copy(),
            attributes={n: Attribute(np.zeros(len(lengths), np.int32), a.values) for n, a in self.attributes.items()},
            user_ids=tuple(f"fake-{user}" for user in range(len(lengths))),
            liked=None,
        )

    def item_counts(self) -> IntArray:
        """int64 ``[n_items + 1]``: how often each item occurs."""
        return np.bincount(self.items, minlength=self.n_items + 1)


def _joined(liked: Sequence[NDArray[np.bool_] | None]) -> NDArray[np.bool_] | None:
    known = [part for part in liked if part is not None]
    return np.concatenate(known) if len(known) == len(liked) else None


def _values(data: Interactions) -> dict[str, tuple[str, ...]]:
    return {name: attribute.values for name, attribute in data.attributes.items()}


@dataclass(frozen=True, eq=False)
class Partition:
    """The two parties of pre-trained recommendation: same items, different users.

    Attributes:
        provider: Data of the party that pre-trains.
        platform: Data of the party that is handed the model.
        rule: How users were assigned, in words, for captions.
    """

    provider: Interactions
    platform: Interactions
    rule: str
