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
from .files.raw import RawDataset
from .recipes.shop_config import ShopConfig

if TYPE_CHECKING:
    from ..core.interactions import Interactions


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
        from .recipes.cikm_files import find_track

        found = find_track(folder)
        return found[1] if found else {}

    def load(self) -> Interactions:
        """Read the files; see the module for what is known about the paper's recipe."""
        from .reading.bad_rows import BadRows
        from .reading.numbered import read_blocks
        from .recipes.cikm_files import LOG, find_track, layout, plain_age
        from .sequences.assemble import assemble
        from .sequences.gather import among, gather, read_numbered_side
        from .sequences.ranges import bucket_widths
        from .sequences.side import Side

        config, files = self.config, self.files()
        found = find_track(files["log"].parent)
        assert found is not None
        track, bad = found[0], BadRows(config.skip_bad_rows)
        for action in config.actions:
            if action not in track.actions:
                raise unknown("action of cikm:", action, track.actions)
        if config.category not in (*track.item, "none") or config.category in ("item", "price"):
            raise unknown("category of cikm:", config.category, [c for c in track.item if c not in ("item", "price")])
        names, widths = _names(config.genders), bucket_widths(config.buckets)
        attributes = config.chosen_attributes(self.name, [n for n in track.user if n != "user"], track.usual)
        for name in widths:
            if name not in track.user:
                raise unknown(f"attribute in buckets={config.buckets}:", name, track.user)
        renamed = {"gender": lambda code: names.get(code, ""), "age": plain_age}
        users = read_numbered_side(
            files["users"], layout(files["users"], track.user), "user", "user id", bad, widths, renamed
        )
        users = Side(users.ids, {name: users.columns[name] for name in attributes})
        items = read_numbered_side(files["items"], layout(files["items"], track.item), "item", "item id", bad)
        wanted = {track.actions[action] for action in config.actions}
        blocks = read_blocks(files["log"], layout(files["log"], LOG), bad)
        log, counts = gather(
            files["log"], blocks, lambda block: among(block.columns["action"], wanted), config.user_share, bad
        )
        data, _ = assemble(
            self.name,
            log,
            users=users,
            items=items,
            category="" if config.category == "none" else config.category,
            minimums=(config.min_user_interactions, config.min_item_interactions),
            rules=config,
            info={
                "licence": "Alibaba Tianchi's terms of the competition; no redistribution",
                "source": f"CIKM Cup 2019, {track.name}",
                "ordered_by": "time, ties in the file's order",
                "events": f"{counts['kept']:,} of {counts['rows']:,} rows: {', '.join(config.actions)}",
                **bad.facts(),
            },
        )
        return data


def _names(rule: str) -> dict[str, str]:
    names = {}
    for part in rule.split("+") if rule else []:
        code, colon, name = part.partition(":")
        if not (code and colon and name):
            raise UserError(f"cikm.genders={rule}: {part!r} is not code:name, e.g. 0:M.")
        names[code] = name
    return {name: name for name in names.values()} | names
