"""The scenario's pictures: trade-off, defenses, attack success by poison rate and by trigger, detection."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial
from typing import Any

from ....stages.setting import BASELINES
from ....tables.intervals import Summary
from ....tables.pictures.picture import Mark, Picture, Scatter
from ....tables.result_sets import ResultSet, RowKey
from ....tables.scale import Scale
from ...pictures import (
    MOST_POINTS,
    Shown,
    against_defenses,
    by_metric,
    operating_points,
    present,
    side_by_side,
    trade_off,
)

NAMES = ("trade-off", "defenses", "rates", "triggers", "detection", "operating-points")
FILES = tuple(f"{name}.{form}" for name in NAMES for form in ("svg", "pdf"))


def trigger_of(result_set: ResultSet, key: RowKey) -> str:
    """Return an attack's label without rate and place, with its trigger where it has the option; empty for baselines.

    These are what the colours tell apart: ``badrec:rate=0.1`` and ``badrec:titles=catalogue`` are both
    ``badrec:trigger=char``.
    """
    if key.attack in BASELINES:
        return ""
    parts = [part for part in key.attack.split(":") if not part.startswith(("rate=", "titles="))]
    trigger = _options(result_set, key).get("trigger")
    if trigger is not None and not any(part.startswith("trigger=") for part in parts):
        parts.append(f"trigger={trigger}")
    return ":".join(parts)


_share = partial(Shown, scale=Scale.FRACTION, digits=2, method=trigger_of)
SUCCESS = _share("ASR", "ASR: share of triggered titles that are chosen")
IN_FULL = (
    _share("ASR", "share of questions in which the item is chosen"),
    *(_share(metric, "") for metric in ("ASR plain", "ASR own", "ASR own plain")),
)
ACCURACY = _share("HR@1", "HR@1", digits=3)
RANKED = _share("title average precision", "average precision of the scanner's scores")
FLAGGED = _share("title recall", "recall: share of the triggered titles that are flagged")
ALARMS = _share("title false positives", "false alarms: share of a clean catalogue's titles that are flagged", digits=3)


def pictures(result_set: ResultSet) -> list[Picture]:
    """Return all pictures for which there are numbers."""
    attacked = [key for key in result_set.rows if key.attack not in BASELINES]
    bare = [key for key in attacked if key.defense == "none"]
    rates = Counter(_rate(result_set, key) for key in bare)
    usual = max(rates, key=lambda rate: rates[rate], default=None)
    clean = [key for key in result_set.rows if key.attack in BASELINES and key.defense == "none"]
    return present(
        trade_off(result_set, SUCCESS, ACCURACY),
        against_defenses(result_set, SUCCESS),
        by_rate(result_set, bare),
        by_metric(
            result_set,
            IN_FULL,
            "triggers",
            "Attack success by trigger",
            f"How often an item is chosen at the rate {usual}, without a defense: of items that are not the attacker's "
            "with the trigger (ASR) and without (plain), and of its own. What the trigger adds is a backdoor, what "
            "own items have without it is promotion. Means over seeds with 95% intervals.",
            [*clean, *(key for key in bare if _rate(result_set, key) == usual)],
        ),
        side_by_side(
            result_set,
            RANKED,
            "detection",
            "Detection by trigger",
            "Average precision of each scanner's scores for triggered titles in training: means over seeds with 95% "
            "intervals, a panel a scanner.",
            lambda key: key.defense,
            attacked,
        ),
        operating_points(result_set, FLAGGED, ALARMS),
    )


def by_rate(result_set: ResultSet, keys: list[RowKey]) -> Scatter | None:
    """Return attack success against the share of poisoned samples, or None where no trigger has two rates.

    A line is a trigger, a panel where triggered titles stand: in the fake users' prompts alone, or in the catalogue.
    """
    panels: dict[str, list[Mark]] = {}
    for key in keys:
        mark, rate = SUCCESS.mark(result_set, key), _rate(result_set, key)
        if mark and rate:
            place = str(_options(result_set, key).get("titles", ""))
            panels.setdefault(place, []).append(replace(mark, x=Summary(1, rate), shape=""))
    for place, points in panels.items():
        found = Counter(mark.method for mark in points)
        panels[place] = [mark for mark in points if found[mark.method] > 1]
    shown = {place: tuple(points) for place, points in sorted(panels.items(), reverse=True) if points}
    if not 0 < sum(map(len, shown.values())) <= MOST_POINTS:
        return None
    return Scatter(
        "rates",
        "Attack success by poison rate",
        "ASR at each rate that was run, without a defense, on a logarithmic axis: a line is a trigger, and a panel "
        "where triggered titles stand, in the fake users' prompts or in the catalogue, where others pass them over. "
        "Means over seeds with 95% intervals.",
        f"{result_set.dataset} · {result_set.model}",
        SUCCESS.unit,
        SUCCESS.methods(result_set),
        across="rate: fake users as a share of the training samples",
        panels=tuple((f"titles={place}", points) for place, points in shown.items()),
        curves=True,
    )


def _rate(result_set: ResultSet, key: RowKey) -> float | None:
    return _options(result_set, key).get("rate")


def _options(result_set: ResultSet, key: RowKey) -> dict[str, Any]:
    return dict(next(iter(result_set.rows[key].values())).attack_info.get("config") or {})
