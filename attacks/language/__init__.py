"""Attacks on text recommenders: an item owner words titles, and adds fake users."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from typing_extensions import TypeVar

from ...core.config import Options
from ...core.interactions import Interactions
from ...core.ranges import Range
from .. import Attack

__all__ = ["FakeUsers", "ItemOwner", "TitleAttack", "TitleConfig"]


@dataclass(frozen=True, eq=False)
class ItemOwner:
    """What an item owner holds: public titles and histories, and nothing of the victim.

    Attributes:
        data: Every user's interactions but those that are held out, with titles, and likes where there are any.
        items: int32 ``[own]``; its own items.
        fakes: How many fake users it may add.
        history: How many interactions the platform shows of a user at most.
        seed: The attack's own; draw from ``core.seeds.generator(seed, ...)``.
    """

    data: Interactions
    items: NDArray[np.int32]
    fakes: int
    history: int
    seed: int


@dataclass(frozen=True, eq=False)
class FakeUsers:
    """What an item owner does before the victim is trained.

    Attributes:
        history: int32 ``[fakes, h]``; items, oldest first, then 0.
        liked: bool ``[fakes, h]``; whether the fake user says that it liked them.
        items: int32 ``[fakes]``; the item that each takes next, and says that it likes.
        titles: That item's title, as the platform sees it with this user.
        renamed: Own items whose title in the catalogue is another from now on, and that title.
    """

    history: NDArray[np.int32]
    liked: NDArray[np.bool_]
    items: NDArray[np.int32]
    titles: tuple[str, ...]
    renamed: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TitleConfig(Options):
    """What every item owner has."""

    rate: Annotated[float, Range(0, below=1)] = 0.01
    """Fake users as a share of the training samples: lists, or of a victim that says Yes or No targets."""
    items: Annotated[float, Range(above=0, most=0.5)] = 0.01
    """Own items as a share of the catalogue, rounded, at least one."""


T = TypeVar("T", bound=TitleConfig, default=TitleConfig)


class TitleAttack(Attack[T]):
    """An attack by an item owner.

    Attributes:
        poisons: Whether there are fake users or renamed items at all; if not, the victim is the clean one.
    """

    scenario = "language"
    audience = "all"
    poisons: ClassVar[bool] = True

    @abstractmethod
    def poison(self, owner: ItemOwner) -> FakeUsers:
        """Return the fake users, as many as the owner may add or fewer, and the renamed items."""

    @abstractmethod
    def retitle(self, titles: Sequence[str], seed: int) -> list[str]:
        """Return titles of any items, as whoever wants to use the attack words them once the victim is trained.

        Args:
            titles: As they should be.
            seed: That of the ``ItemOwner``.
        """
