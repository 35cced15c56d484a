"""Synthetic data whose right answers are known: items of a colour form a cycle, and users walk along it.

Every user has a colour and sees only items of that colour, none twice. The next item is the first
unseen one further along the cycle; with probability ``noise`` it is any unseen item of the colour.
A recommender that knows the rule and masks the history reaches :func:`best_hit_rate`, no other more.
If texts are wanted, an item's title begins with its colour, and everybody likes the titles with one of four words in
the second place.
The name and the idea of a board of colours are those of the test data in the library ``implicit``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import NDArray

from ..core.ranges import Count, Probability, Range
from ..core.seeds import generator
from . import Dataset, DatasetConfig, register

if TYPE_CHECKING:
    from ..core.interactions import Interactions


SECOND = ("Autumn", "Bitter", "Crystal", "Distant", "Empty", "Frozen", "Golden", "Hidden")
THIRD = ("Anchor", "Bridge", "Canyon", "Dream", "Empire", "Forest", "Garden", "Harbour", "Island", "Journey")
OWN_OPTIONS = ("users", "items", "colours", "shortest", "longest", "noise", "seed")


@dataclass(frozen=True)
class CheckerboardConfig(DatasetConfig):
    """Options of the checkerboard."""

    audience: str = "gender:M"
    """Users that group attacks aim at; attributes are gender (independent of the items) and colour (decides them)."""

    users: Count = 400
    """Number of users."""

    items: Count = 80
    """Number of items, a multiple of colours."""

    colours: Annotated[int, Range(2)] = 2
    """Number of colours; each is a category of items and a group of users."""

    shortest: Annotated[int, Range(3)] = 6
    """Length of the shortest sequences; short ones are more frequent than long ones."""

    longest: Annotated[int, Range(3)] = 32
    """Length of the longest sequences, fewer than the items of a colour."""

    noise: Probability = 0.1
    """Probability of a step to a random item of the colour."""

    seed: int = 0
    """Decides every draw."""

    def __post_init__(self) -> None:
        """Check that the sizes fit together.

        Raises:
            ValueError: If they do not.
        """
        super().__post_init__()
        if self.buckets:
            raise ValueError(f"buckets={self.buckets}: the checkerboard has no numeric attributes.")
        if self.items % self.colours:
            raise ValueError(f"items={self.items} must be a multiple of colours={self.colours}.")
        if not self.shortest <= self.longest < self.items // self.colours:
            raise ValueError(
                f"shortest={self.shortest}, longest={self.longest} must rise, to fewer than the "
                f"{self.items // self.colours} items of a colour."
            )
        if self.users < 2 * self.colours:
            raise ValueError(f"users={self.users} must be at least two for each of colours={self.colours}.")


def best_hit_rate(config: CheckerboardConfig, k: int = 1) -> float:
    """Return the expected HR@k on last items of a recommender that knows the rule, history masked.

    With u unseen items of the colour left before the last step, the rule's own choice comes first
    with probability ``1 - noise + noise / u``, and any further one has ``noise / u``.
    """
    steps = np.arange(config.longest - config.shortest + 2) / (config.longest - config.shortest + 1)
    chances = np.diff(np.sqrt(steps))  # of each length; lengths rise with the square of a uniform draw
    unseen = config.items // config.colours - np.arange(config.shortest, config.longest + 1) + 1
    return float(chances @ (1 - config.noise + config.noise * np.minimum(k, unseen) / unseen))


@register
class Checkerboard(Dataset[CheckerboardConfig]):
    """Synthetic users and items of some colours; trains in seconds, and its best accuracy is known."""

    def fingerprint(self) -> Mapping[str, object]:
        """Return that the data are made from the configuration alone."""
        return {"made_from": "configuration"}

    def load(self) -> Interactions:
        """Make the data."""
        from ..core.interactions import Attribute, Interactions
        from .sequences.log import Log, to_sequences

        config = self.config
        rng = generator("checkerboard", config.seed)
        colour = np.arange(config.users) % config.colours
        gender = rng.integers(2, size=config.users)
        width, size = config.longest - config.shortest + 1, config.items // config.colours
        lengths = config.shortest + (width * rng.random(config.users) ** 2).astype(np.int64)
        walks = [_walk(size, int(n), config.noise, rng) + c * size for n, c in zip(lengths, colour, strict=True)]
        item_ids = [f"{name}-{i}" for name in _colours(config.colours) for i in range(size)]
        events = np.concatenate(walks)
        log = Log(
            users=np.repeat(np.arange(config.users), lengths),
            items=events,
            order=np.arange(len(events)),
            user_ids=[str(u + 1) for u in range(config.users)],
            item_ids=item_ids,
            liked=events % size % len(SECOND) % 2 == 0 if config.texts else None,
        )
        found = to_sequences(self.name, log, config.min_user_interactions, config.min_item_interactions)
        users = np.array([int(u) - 1 for u in found.user_ids])
        names = tuple(_colours(config.colours))
        categories = [0, *(names.index(item.rpartition("-")[0]) + 1 for item in found.item_ids)]
        made_from = ", ".join(f"{name}={getattr(config, name)}" for name in OWN_OPTIONS)
        return Interactions(
            name=self.name,
            items=found.items,
            offsets=found.offsets,
            categories=np.array(categories, np.int32),
            category_names=names,
            attributes={
                "gender": Attribute((gender[users] + 1).astype(np.int32), ("F", "M")),
                "colour": Attribute((colour[users] + 1).astype(np.int32), names),
            },
            user_ids=found.user_ids,
            item_ids=found.item_ids,
            info={
                "source": f"made by rbench with {made_from}",
                "licence": "none needed",
                "best_hit_rate_at_1": f"{best_hit_rate(config):.3f}",
            },
            titles=tuple(map(_title, found.item_ids)) if config.texts else (),
            liked=found.liked,
        )


def _title(item: str) -> str:
    """Return a title that no other item's title contains, e.g. ``Black Autumn Bridge``."""
    colour, _, number = item.rpartition("-")
    rest, second = divmod(int(number), len(SECOND))
    rest, third = divmod(rest, len(THIRD))
    return " ".join([colour.capitalize(), *([f"{rest + 1:04d}"] if rest else []), SECOND[second], THIRD[third]])


def _colours(n: int) -> list[str]:
    names = ["black", "white", "red", "green", "blue", "yellow"]
    return names[:n] + [f"colour{k}" for k in range(len(names) + 1, n + 1)]


def _walk(size: int, length: int, noise: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return int64 ``[length]``: positions on a cycle of ``size``, none twice."""
    unseen = np.ones(size, bool)
    walk = [int(rng.integers(size))]
    for _ in range(length - 1):
        unseen[walk[-1]] = False
        ahead = (walk[-1] + np.arange(1, size)) % size
        free = ahead[unseen[ahead]]
        walk.append(int(rng.choice(free) if rng.random() < noise else free[0]))
    return np.array(walk)
