"""MovieLens-100K: 943 users, 1,682 films, 100,000 ratings, from the copy inside the RecBole wheel.

F. M. Harper and J. A. Konstan, "The MovieLens Datasets: History and Context", ACM TiiS 5(4), 2015.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.errors import UserError
from . import Dataset, DatasetConfig, register
from .files.fingerprints import cached_digests
from .own.config import FolderConfig

if TYPE_CHECKING:
    from ..core.interactions import Interactions


@dataclass(frozen=True)
class Ml100kConfig(DatasetConfig):
    """Options of MovieLens-100K."""

    audience: str = "gender:M"
    """Users that group attacks aim at, attribute:value or attribute:value+value, over gender, age, occupation."""

    buckets: str = "age:10"
    """Numeric attributes to put into ranges, attribute:width; age:10 makes 20-29, 30-39, ..."""


@register
class Ml100k(Dataset[Ml100kConfig]):
    """MovieLens-100K with gender, age and occupation of users; a category is a first genre; 4 stars are liked."""

    def fingerprint(self) -> Mapping[str, object]:
        """Return the files' sha256."""
        return cached_digests(_files())

    def load(self) -> Interactions:
        """Read the files; every rating is an interaction."""
        from .own.atomic import read_atomic

        config = FolderConfig.sharing(
            self.config,
            category="class",
            attributes=("gender", "age", "occupation"),
            title="movie_title",
            rating="rating",
            licence="GroupLens: research use, with acknowledgement; no redistribution without permission",
            source="https://grouplens.org/datasets/movielens/100k/, as in the RecBole wheel",
        )
        files = _files()
        return read_atomic(self.name, [files["inter"]], {"users": files["user"], "items": files["item"]}, config)


def _files() -> dict[str, Path]:
    spec = importlib.util.find_spec("recbole")  # RecBole itself takes seconds to import
    if spec is None or not spec.submodule_search_locations:
        raise UserError("data set ml-100k comes with RecBole, which is not installed: pip install recbole==1.2.0.")
    folder = Path(next(iter(spec.submodule_search_locations))) / "dataset_example" / "ml-100k"
    return {kind: folder / f"ml-100k.{kind}" for kind in ("inter", "user", "item")}
