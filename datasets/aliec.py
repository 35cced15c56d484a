"""AliEC, clicks on ads that Taobao displayed to a million users; the other data set of the APRec paper.

Two sources: RecBole's atomic files, from its list of data sets or given as a folder or archive, or, given likewise,
Tianchi's Ali_Display_Ad_Click (https://tianchi.aliyun.com/dataset/56, with a login): raw_sample.csv,
ad_feature.csv and user_profile.csv, and behavior_log.csv if ``events=behaviour``.

The paper has 8.9 million clicks on 109,000 items; raw_sample.csv holds 1.4 million clicks. They may
come from behavior_log.csv, which knows categories and brands and no items: then ``events=behaviour``
takes each pair of a category and a brand as an item. That is a guess, and the paper does not say.

Paper: "Attacking Pre-trained Recommendation" (SIGIR 2023), section 4.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from . import register
from .files.raw import RawDataset
from .recipes.shop_config import ShopConfig

if TYPE_CHECKING:
    from ..core.interactions import Interactions

ATTRIBUTES = (
    "cms_segid",
    "cms_group_id",
    "gender",
    "age_level",
    "pvalue_level",
    "shopping_level",
    "occupation",
    "new_user_class_level",
)
ALIASES = {
    "user": "user_id",
    "userid": "user_id",
    "adgroup_id": "item_id",
    "time_stamp": "timestamp",
    "time": "timestamp",
    "clk": "click",
    "label": "click",
    "final_gender_code": "gender",
    "cate_id": "cate",
    "category": "cate",
    "category_id": "cate",
    "customer_id": "customer",
    "brand_id": "brand",
    "campaign_id": "campaign",
}
"""What RecBole's files may call their columns: it states no list, so the raw files' names are accepted too."""
LICENCE = "Alibaba Tianchi's terms: research use, no redistribution"
SOURCE = "https://tianchi.aliyun.com/dataset/56"
RAW = {"log": "raw_sample.csv", "items": "ad_feature.csv", "users": "user_profile.csv"}
BEHAVIOUR = "behavior_log.csv"
ATOMIC = [{suffix: f"{name}.{suffix}" for suffix in ("inter", "user", "item")} for name in ("aliec", "AliEC")]


@dataclass(frozen=True)
class AliecConfig(ShopConfig):
    """Options of AliEC."""

    audience: str = "age_level:3"
    """Users that group attacks aim at; the paper's are 20 to 30 years old, which is level 3."""

    events: Literal["ads", "behaviour"] = "ads"
    """ads: clicked ads, of which each is an item; behaviour: page views of behavior_log.csv, of categories' brands."""

    actions: tuple[str, ...] = ("pv",)
    """With events=behaviour, what counts, of pv, cart, fav and buy, joined by +."""

    category: Literal["cate", "customer", "brand", "campaign", "none"] = "cate"
    """Column of ad_feature.csv that is an item's category; with events=behaviour always cate."""

    def __post_init__(self) -> None:
        """Refuse ranges of attributes.

        Raises:
            ValueError: If any are asked for.
        """
        super().__post_init__()
        if self.buckets:
            raise ValueError(f"buckets={self.buckets}: its attributes are levels, not numbers to put into ranges.")


@register
class Aliec(RawDataset[AliecConfig]):
    """AliEC with eight attributes of users, among them gender and level of age."""

    forms, inner = (RAW, *ATOMIC), ("", "AliEC", "aliec")
    wanted = "RecBole's aliec.inter, .user and .item, or Tianchi's raw_sample.csv, ad_feature.csv and user_profile.csv"
    links = {  # noqa: RUF012  # the base declares it ClassVar
        # RecBole's list of data sets has the address and no checksum.
        "recbole": ("https://recbole.s3-accelerate.amazonaws.com/ProcessedDatasets/AliEC/AliEC.zip", "")
    }

    @classmethod
    def find(cls, folder: Path) -> dict[str, Path]:
        """Return the files of either source, with the optional one of Tianchi's."""
        files = super().find(folder)
        for end in (".gz", ""):
            if "log" in files and (path := files["log"].with_name(BEHAVIOUR + end)).is_file():
                files["behaviour"] = path
        return files

    def load(self) -> Interactions:
        """Read the files of whichever source."""
        from .own.atomic import AtomicFile, read_atomic
        from .own.config import FolderConfig
        from .recipes.aliec_raw import read_raw

        config, files = self.config, self.files()
        if "inter" not in files:
            events = config.actions if config.events == "behaviour" else ()
            info = {"licence": LICENCE, "source": SOURCE}
            return read_raw(self.name, files, config, events, config.category, ATTRIBUTES, info)
        # Where a column tells clicks from displays, only clicks count.
        clicks = "click:1" if "click" in AtomicFile.open(files["inter"], ALIASES).types else ""
        own = FolderConfig.sharing(
            config,
            attributes=config.chosen_attributes(self.name, ATTRIBUTES, ATTRIBUTES) or ("none",),
            where=clicks,
            licence=LICENCE,
            source=f"{SOURCE}, as RecBole's atomic files",
        )
        sides = {"users": files["user"], "items": files["item"]}
        return read_atomic(self.name, [files["inter"]], sides, own, ALIASES)
