"""MovieLens-1M: 6,040 users, 3,706 films, 1,000,209 ratings, from GroupLens' archive or RecBole's.

F. M. Harper and J. A. Konstan, "The MovieLens Datasets: History and Context", ACM TiiS 5(4), 2015.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import register
from .files.raw import RawConfig, RawDataset
from .own.config import FolderConfig

if TYPE_CHECKING:
    from ..core.interactions import Interactions

DAT = {"ratings": "ratings.dat", "users": "users.dat", "movies": "movies.dat"}
ATOMIC = {"inter": "ml-1m.inter", "user": "ml-1m.user", "item": "ml-1m.item"}
SOURCE = "https://grouplens.org/datasets/movielens/1m/"
LICENCE = "GroupLens: research use, with acknowledgement; no redistribution without permission"


@dataclass(frozen=True)
class Ml1mConfig(RawConfig):
    """Options of MovieLens-1M."""

    audience: str = "gender:M"
    """Users that group attacks aim at, over gender, age (codes of ranges: 1, 18, 25, 35, 45, 50, 56), occupation."""


@register
class Ml1m(RawDataset[Ml1mConfig]):
    """MovieLens-1M with gender, age and occupation of users; a category is a first genre; 4 stars are liked."""

    forms, inner = (DAT, ATOMIC), ("", "ml-1m")
    wanted = "GroupLens' ratings.dat, users.dat and movies.dat, or RecBole's ml-1m.inter, .user and .item"
    links = {  # noqa: RUF012  # the base declares it ClassVar
        # The checksum is the one that TensorFlow Datasets states for this file.
        "grouplens": (
            "https://files.grouplens.org/datasets/movielens/ml-1m.zip",
            "a6898adb50b9ca05aa231689da44c217cb524e7ebd39d264c56e2832f2c54e20",
        ),
        "recbole": ("https://recbole.s3-accelerate.amazonaws.com/ProcessedDatasets/MovieLens/ml-1m.zip", ""),
    }

    def load(self) -> Interactions:
        """Read the files; every rating is an interaction."""
        files, config = self.files(), self.config
        if "inter" in files:
            from .own.atomic import AtomicFile, read_atomic

            own = FolderConfig.sharing(
                config,
                category="genre",
                attributes=("gender", "age", "occupation"),
                title="movie_title",
                rating="rating" if "rating" in AtomicFile.open(files["inter"]).types else "",
                licence=LICENCE,
                source=f"{SOURCE}, as RecBole's atomic files",
            )
            return read_atomic(self.name, [files["inter"]], {"users": files["user"], "items": files["item"]}, own)
        from .recipes.movielens_dat import read_dat

        return read_dat(self.name, files, config, {"licence": LICENCE, "source": SOURCE})
