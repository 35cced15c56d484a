"""The scenario's pictures: trade-off, defenses, exposure and λ by mode, detection and false alarms."""

from __future__ import annotations

from ....stages.setting import BASELINES
from ....tables.pictures.picture import Picture
from ....tables.result_sets import ResultSet
from ....tables.scale import Scale
from ...pictures import Shown, against_defenses, operating_points, present, side_by_side, trade_off

EXPOSURE = Shown("HIT@5", "HIT@5 of targets, %; of group attacks, among the group", Scale.PERCENTAGE, 1, targeted=True)
ACCURACY = Shown("HR@10", "HR@10", Scale.FRACTION, 3)
AIM = Shown("lambda", "λ: exposure of the group over that of the others", Scale.RATIO, 1)
FOUND = Shown("average precision", "average precision of the detector's scores", Scale.FRACTION, 2)
FLAGGED = Shown("recall", "recall: share of the targets that are flagged", Scale.FRACTION, 2)
ALARMS = Shown("flagged", "false alarms: items that are flagged in the clean model", Scale.COUNT, 1)
NAMES = ("trade-off", "defenses", "modes", "lambda", "detection", "operating-points")
FILES = tuple(f"{name}.{form}" for name in NAMES for form in ("svg", "pdf"))


def pictures(result_set: ResultSet) -> list[Picture]:
    """Return all pictures for which there are numbers."""
    bare = [key for key in result_set.rows if key.defense == "none"]
    grouped = [key for key in bare if result_set.audience(key) == "group"]
    attacked = [key for key in result_set.rows if key.attack not in BASELINES]
    return present(
        trade_off(result_set, EXPOSURE, ACCURACY),
        against_defenses(result_set, EXPOSURE),
        side_by_side(
            result_set,
            EXPOSURE,
            "modes",
            "Exposure by mode",
            "How often target items are in the top five, without a defense: means over seeds with 95% intervals, a "
            "panel a mode.",
            lambda key: key.mode,
            bare,
        ),
        side_by_side(
            result_set,
            AIM,
            "lambda",
            "Aim by mode",
            "λ of attacks on a group, on a logarithmic axis: geometric means over seeds with 95% intervals. At 1, the "
            "dotted line, an attack does not favour its group.",
            lambda key: key.mode,
            grouped,
            1.0,
        ),
        side_by_side(
            result_set,
            FOUND,
            "detection",
            "Detection",
            "Average precision of each detector's scores for the targets: means over seeds with 95% intervals, a panel "
            "a detector.",
            lambda key: key.defense,
            attacked,
        ),
        operating_points(result_set, FLAGGED, ALARMS),
    )
