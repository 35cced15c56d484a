"""Synthetic clicks of the CIKM data set's shape, whose next item depends on history, category and attributes.

At scale 1 there are 130,000 items, 60,000 users with ten clicks or more (a provider's), 31,000 with
fewer (a platform's), and 2.2 million clicks, as in the APRec paper; nothing else is taken from there.

Every item has a category, a place within it, and a popularity that falls as a power of its rank.
Every user has gender, age and power, which shift the user's taste over categories. A click stays in
the last click's category with a fixed chance; within a category it goes to one of the few
next items along a fixed cycle, or else to an item by popularity. So a model that knows the last
item predicts the next one much better than popularity does, a model that knows the last category
somewhat better, and attributes tell where a user begins.

Paper: "Attacking Pre-trained Recommendation" (SIGIR 2023), section 4.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from ..core.ranges import Probability, Range
from . import Dataset, DatasetConfig, register

if TYPE_CHECKING:
    from ..core.interactions import Interactions

OWN_OPTIONS = ("scale", "stay", "follow", "seed")


@dataclass(frozen=True)
class SyntheticCikmConfig(DatasetConfig):
    """Options of the synthetic clicks."""

    audience: str = "gender:M"
    """Users that group attacks aim at; attributes are gender, age and power, all of which shift tastes."""

    platform: str = "max_interactions:10"
    """Whose users are the platform's: those with fewer than ten clicks, about a third."""

    scale: Annotated[float, Range(0.001, 20)] = 1.0
    """Size: 1 is the paper's CIKM (130,000 items, 91,000 users, 2.2 million clicks), 0.1 a tenth of each."""

    stay: Probability = 0.7
    """Chance of a click in the same category as the one before."""

    follow: Probability = 0.5
    """Among these, chance of one of the next three items along the category's cycle."""

    seed: int = 0
    """Decides every draw."""

    def __post_init__(self) -> None:
        """Check that no ranges are given for attributes, which have ranges already.

        Raises:
            ValueError: If there are any.
        """
        super().__post_init__()
        if self.buckets:
            raise ValueError(f"buckets={self.buckets}: ages are in ranges already.")


@register
class SyntheticCikm(Dataset[SyntheticCikmConfig]):
    """Synthetic clicks in the CIKM data set's shape, scaled by one number; made in seconds at a tenth."""

    def fingerprint(self) -> Mapping[str, object]:
        """Return that the data are made from the configuration alone."""
        return {"made_from": "configuration"}

    def load(self) -> Interactions:
        """Make the data."""
        import numpy as np

        from ..core.interactions import Attribute, Interactions
        from .recipes.clicks import Shape, make_clicks
        from .sequences.log import Log, to_sequences

        config = self.config
        made = make_clicks(Shape.of(config.scale), config.stay, config.follow, config.seed)
        ids = np.arange(1, len(made.categories) + 1)
        log = Log(
            users=made.users,
            items=made.items,
            order=np.arange(len(made.items), dtype=np.uint32),
            user_ids=np.arange(1, len(made.gender) + 1),
            item_ids=ids,
        )
        found = to_sequences(self.name, log, config.min_user_interactions, config.min_item_interactions)
        users = np.array(found.user_ids).astype(np.int64) - 1
        items = np.array(found.item_ids).astype(np.int64) - 1
        made_from = ", ".join(f"{name}={getattr(config, name)}" for name in OWN_OPTIONS)
        return Interactions(
            name=self.name,
            items=found.items,
            offsets=found.offsets,
            categories=np.concatenate([[0], made.categories[items] + 1]).astype(np.int32),
            category_names=tuple(f"category-{k}" for k in range(1, int(made.categories.max()) + 2)),
            attributes={
                "gender": Attribute((made.gender[users] + 1).astype(np.int32), ("F", "M")),
                "age": Attribute((made.age[users] + 1).astype(np.int32), AGES),
                "power": Attribute((made.power[users] + 1).astype(np.int32), POWERS),
            },
            user_ids=found.user_ids,
            item_ids=found.item_ids,
            info={
                "source": f"made by rbench with {made_from}",
                "licence": "none needed",
                "users_dropped": str(found.users_dropped),
                "items_dropped": str(found.items_dropped),
            },
        )


AGES = ("10-19", "20-29", "30-39", "40-49", "50-59", "60-69")
POWERS = tuple(map(str, range(1, 8)))
