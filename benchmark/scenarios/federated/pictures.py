"""The scenario's pictures: trade-off, attacks against aggregators, exposure by aggregator."""

from __future__ import annotations

from ...tables.pictures.picture import Picture
from ...tables.result_sets import ResultSet
from ...tables.scale import Scale
from ..pictures import Shown, against_defenses, present, side_by_side, trade_off
from .metrics import Lengths

FILES = tuple(f"{name}.{form}" for name in ("trade-off", "defenses", "aggregators") for form in ("svg", "pdf"))


def pictures(result_set: ResultSet) -> list[Picture]:
    """Return all pictures for which there are numbers."""
    at = Lengths.of(result_set.protocol)
    first = at.ends[0]
    exposure = Shown(first, f"{first}: share of users who are shown the target", Scale.FRACTION, 2)
    return present(
        trade_off(result_set, exposure, Shown(at.recall, at.recall, Scale.FRACTION, 3)),
        against_defenses(result_set, exposure),
        side_by_side(
            result_set,
            exposure,
            "aggregators",
            "Exposure by aggregator",
            f"{first} after the last epoch: means over seeds with 95% intervals, a panel an aggregator.",
            lambda key: "sum" if key.defense == "none" else key.defense,
            result_set.rows,
        ),
    )
