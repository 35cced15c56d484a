"""What every data set is: a configuration, an identity that is cheap to know, and sequences that are not."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from ...core.interactions import Interactions


@dataclass(frozen=True)
class DatasetConfig:
    """Options that every data set has."""

    least_per_user: ClassVar[int] = 3
    """The lowest ``min_user_interactions``: three where a user's last two items are held out."""

    audience: str = ""
    """Users that group attacks aim at, attribute:value or attribute:value+value; empty: none declared."""

    platform: str = "quantile:0.3"
    """Whose users are the platform's: quantile:0.3 (the least active 30%) or max_interactions:10 (fewer than ten)."""

    min_item_interactions: int = 1
    """Items with fewer interactions are dropped, again and again until all items and users have enough."""

    min_user_interactions: int = 3
    """Users with fewer interactions are dropped; each needs one to train, one to validate, one to test."""

    buckets: str = ""
    """Numeric attributes to put into ranges, attribute:width, several joined by +; age:10 makes 20-29, 30-39, ..."""

    def __post_init__(self) -> None:
        """Refuse what no data set could follow.

        Raises:
            ValueError: If a minimum is too low.
        """
        if self.min_item_interactions < 1:
            raise ValueError(f"min_item_interactions={self.min_item_interactions} must be at least 1.")
        if self.min_user_interactions < self.least_per_user:
            needs = ": a user needs an item to train, one to validate and one to test."
            raise ValueError(
                f"min_user_interactions={self.min_user_interactions} must be at least {self.least_per_user}"
                f"{needs if self.least_per_user == 3 else '.'}"
            )


class Dataset(ABC):
    """A data set that can be loaded.

    ``audience`` and ``platform`` of the configuration leave the result of :meth:`load` as it is;
    they are for the partition and for drawing targets.

    Args:
        config: An instance of the class's ``Config``; its defaults where None.
    """

    name: ClassVar[str]
    Config: ClassVar[type[DatasetConfig]] = DatasetConfig
    VERSION: ClassVar[int] = 1

    def __init__(self, config: DatasetConfig | None = None) -> None:
        self.config = self.Config() if config is None else config

    @abstractmethod
    def fingerprint(self) -> Mapping[str, object]:
        """Return a JSON-able identity of the raw data: equal exactly where :meth:`load` reads the same."""

    @abstractmethod
    def load(self) -> Interactions:
        """Read the data.

        Raises:
            UserError: If the raw data are missing or malformed.
        """
