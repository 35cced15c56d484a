"""What every data set is: a configuration, an identity that is cheap to know, and sequences that are not."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from typing_extensions import TypeVar

from ...core.config import Options, later
from ...core.methods import Configured
from ...core.ranges import Count, Range
from ..sequences.ranges import bucket_widths

if TYPE_CHECKING:
    from ...core.interactions import Interactions


@dataclass(frozen=True)
class DatasetConfig(Options):
    """Options that every data set has."""

    audience: str = ""
    """Users that group attacks aim at, attribute:value or attribute:value+value; empty: none declared."""

    platform: str = "quantile:0.3"
    """Whose users are the platform's: quantile:0.3 (the least active 30%) or max_interactions:10 (fewer than ten)."""

    min_item_interactions: Count = 1
    """Items with fewer interactions are dropped, again and again until all items and users have enough."""

    min_user_interactions: Annotated[int, Range(3)] = 3
    """Users with fewer interactions are dropped; each needs one to train, one to validate, one to test."""

    buckets: str = ""
    """Numeric attributes to put into ranges, attribute:width, several joined by +; age:10 makes 20-29, 30-39, ..."""

    texts: bool = later(False)
    """Whether to read items' titles and what users liked too, where the files have them; the scenario language does."""

    def __post_init__(self) -> None:
        """Check that ``buckets`` is a rule.

        Raises:
            ValueError: If it is none.
        """
        super().__post_init__()
        bucket_widths(self.buckets)


D = TypeVar("D", bound=DatasetConfig, default=DatasetConfig)


class Dataset(Configured[D], ABC):
    """A data set that can be loaded; D is the class of its options.

    ``audience`` and ``platform`` of the configuration leave the result of :meth:`load` as it is;
    they are for the partition and for drawing targets.

    Args:
        config: An instance of the class's ``Config``; its defaults where None.
    """

    name: ClassVar[str]
    VERSION: ClassVar[int] = 1

    def __init__(self, config: D | None = None) -> None:
        self.config: D = self.Config() if config is None else config

    @abstractmethod
    def fingerprint(self) -> Mapping[str, object]:
        """Return a JSON-able identity of the raw data: equal exactly where :meth:`load` reads the same."""

    def lacks(self) -> frozenset[str]:
        """Return what the options say that the data do not have, of ``categories`` and ``attributes``; reads nothing.

        What is not in it may still be missing in the data.
        """
        return frozenset()

    def check_columns(self) -> None:
        """Check what the beginnings of the files show, before anything is planned; reads no more than these.

        Raises:
            UserError: If the options name a column that is not there.
        """
        return

    @abstractmethod
    def load(self) -> Interactions:
        """Read the data.

        Raises:
            UserError: If the raw data are missing or malformed.
        """
