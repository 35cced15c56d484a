"""CIKM Cup 2019 (EComm AI), a shop's clicks; the larger of the two data sets of the APRec paper.

Both tracks' files can be read, which have to be downloaded with a login:
https://tianchi.aliyun.com/competition/entrance/231719 (which the paper names) and 231721 (whose
columns the paper's released code reads). The paper does not say how it came from 100 million rows
to its 130,000 items and 2.2 million clicks. These options are what it could have done:

- Stated by the paper: ``actions=click`` ("click instances"), ``platform=max_interactions:10``, ``audience=gender:M``.
- From the released code: ``buckets=age:10``.
- Guessed: ``genders=0:M+1:F`` (one team of the cup read 0 as male), ``min_item_interactions=1``,
  ``min_user_interactions=3`` (what leave-one-out needs), ``duplicates=all``, ``user_share=1.0``,
  ``unknown_users=keep``, ``unknown_items=keep``.

Paper: "Attacking Pre-trained Recommendation" (SIGIR 2023), section 4.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.errors import UserError, unknown
from . import register
from .io.raw import RawDataset
from .io.shop_config import ShopConfig

if TYPE_CHECKING:
    from ..core.interactions import Interactions
    from .io.cikm_files import Track
    from .io.side import Side, Text


@dataclass(frozen=True)
class CikmConfig(ShopConfig):
    """Options of the CIKM Cup 2019."""

    audience: str = "gender:M"
    """Users that group attacks aim at; the paper's are male."""

    buckets: str = "age:10"
    """Numeric attributes to put into ranges, attribute:width; age:10 makes 20-29, 30-39, ..."""

    actions: tuple[str, ...] = ("click",)
    """Events that count, of click, buy, cart and favourite, joined by +."""

    category: str = "category"
    """Column of the items' file: category, shop or brand; in the other track category, top_category or brand."""

    genders: str = "0:M+1:F"
    """Names of the numbers of genders, others being unknown; that 0 is male is one team's reading, nobody's word."""


@register
class Cikm(RawDataset[CikmConfig]):
    """CIKM Cup 2019 with gender, age and purchasing power of users; the raw files must be at hand."""

    wanted = (
        "user.csv, item.csv and user_behavior.csv of the CIKM Cup 2019, or the other track's files whose names "
        "end in _user_feature, _item_feature and _train"
    )

    @classmethod
    def find(cls, folder: Path) -> dict[str, Path]:
        """Return the three files of either track, plain or gzipped."""
        from .io.cikm_files import find_track

        found = find_track(folder)
        return found[1] if found else {}

    def load(self) -> Interactions:
        """Read the files; see the module for what is known about the paper's recipe."""
        from .io.assemble import assemble
        from .io.bad_rows import BadRows
        from .io.blocks import read_blocks
        from .io.cikm_files import LOG, find_track, layout
        from .io.event_log import among, gather
        from .io.side import read_side

        config, files = self.config, self.files()
        found = find_track(files["log"].parent)
        assert found is not None
        track, bad = found[0], BadRows(config.skip_bad_rows)
        for action in config.actions:
            if action not in track.actions:
                raise unknown("action of cikm:", action, track.actions)
        if config.category not in (*track.item, "none") or config.category in ("item", "price"):
            raise unknown("category of cikm:", config.category, [c for c in track.item if c not in ("item", "price")])
        users = read_side(files["users"], layout(files["users"], track.user), "user", "user id", bad)
        items = read_side(files["items"], layout(files["items"], track.item), "item", "item id", bad)
        wanted = {track.actions[action] for action in config.actions}
        blocks = read_blocks(files["log"], layout(files["log"], LOG), bad)
        log, counts = gather(
            files["log"], blocks, lambda block: among(block.columns["action"], wanted), config.user_share, bad
        )
        return assemble(
            self.name,
            log,
            users=users,
            items=items,
            attributes=_attributes(users, config, track),
            category=None if config.category == "none" else items.columns[config.category],
            minimums=(config.min_user_interactions, config.min_item_interactions),
            rules=config,
            info={
                "licence": "Alibaba Tianchi's terms of the competition; no redistribution",
                "source": f"CIKM Cup 2019, {track.name}",
                "ordered_by": "time, ties in the file's order",
                "category": config.category,
                "events": f"{counts['kept']:,} of {counts['rows']:,} rows: {', '.join(config.actions)}",
                **bad.facts(),
            },
        )


def _attributes(users: Side, config: CikmConfig, track: Track) -> dict[str, Text]:
    """Return the users' attributes, genders by name and ages in ranges."""
    import numpy as np

    from .io.buckets import bucketed
    from .io.cikm_files import plain_ages

    if config.attributes == ("none",):
        return {}
    wanted = config.attributes or track.usual
    for name in wanted:
        if name not in users.columns:
            raise unknown("attribute of cikm:", name, users.columns)
    names = _names(config.genders)
    columns = dict(users.columns)
    columns["gender"] = np.array([names.get(code, "") for code in columns["gender"].tolist()], object)
    columns["age"] = plain_ages(columns["age"])
    columns = bucketed(columns, config.buckets)
    return {name: columns[name] for name in wanted}


def _names(rule: str) -> dict[str, str]:
    names = {}
    for part in rule.split("+") if rule else []:
        code, colon, name = part.partition(":")
        if not (code and colon and name):
            raise UserError(f"cikm.genders={rule}: {part!r} is not code:name, e.g. 0:M.")
        names[code] = name
    return {name: name for name in names.values()} | names
