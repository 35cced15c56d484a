"""Pictures that scenarios share: trade-off, attacks against defenses, detection, and means side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..stages.setting import BASELINES
from ..tables.intervals import Summary, change, summarize
from ..tables.pictures.picture import HeatMap, Intervals, Mark, Picture, Scatter
from ..tables.result_sets import ResultSet, RowKey, method_name
from ..tables.scale import Scale

TRADE_OFF = "trade-off"
"""Name of the picture from which an index takes exposure."""
WHISKERS = "Means over seeds with 95% intervals; one that is far wider than all points are apart is cut at the edge."
MOST_POINTS, MOST_ROWS = 300, 80
"""Larger pictures would be illegible, and are left out: the tables have what they would show."""


def attack_name(result_set: ResultSet, key: RowKey) -> str:
    """Return the name of a row's attack without its options, empty for baselines."""
    return "" if key.attack in BASELINES else method_name(key.attack)


@dataclass(frozen=True)
class Shown:
    """A metric in a picture.

    Attributes:
        metric: Its name.
        unit: What its numbers are, in words.
        scale: Its scale.
        digits: Decimals.
        targeted: Whether, of an attack on a group, it is that of the group's users.
        method: By what a row is coloured, empty for baselines.
    """

    metric: str
    unit: str
    scale: Scale
    digits: int
    targeted: bool = False
    method: Callable[[ResultSet, RowKey], str] = attack_name

    def of(self, result_set: ResultSet, key: RowKey) -> dict[int, float | None]:
        """Return a row's numbers by seed."""
        audience = "target" if self.targeted and result_set.audience(key) == "group" else "all"
        return result_set.sample(key, audience, self.metric)

    def mark(self, result_set: ResultSet, key: RowKey) -> Mark | None:
        """Return a row's mean, or None where it has none."""
        found = summarize(self.of(result_set, key), self.scale)
        if found.mean is None:
            return None
        said = f"{_name(key)}: {self.metric} {_written(found, self.digits)}"
        return Mark(said, key, found, method=self.method(result_set, key), shape=key.mode)

    def methods(self, result_set: ResultSet) -> tuple[str, ...]:
        """Return all of a result set's methods, by which colours are chosen."""
        every = (self.method(result_set, key) for key in result_set.rows)
        return tuple(dict.fromkeys(method for method in every if method))


def trade_off(result_set: ResultSet, exposure: Shown, accuracy: Shown) -> Scatter | None:
    """Return exposure against the share of Clean's accuracy, in percent, that is kept in the same mode."""
    points = []
    for key in result_set.rows:
        mark = exposure.mark(result_set, key)
        clean = RowKey("clean", key.mode, "none")
        kept = change(accuracy.of(result_set, key), accuracy.of(result_set, clean), Scale.RATIO)
        if mark is None or kept.mean is None:
            continue
        kept = Summary(kept.n, _percent(kept.mean), None, _percent(kept.low), _percent(kept.high))
        said = f"{mark.label}, {accuracy.metric} kept {_written(kept, 1)}%"
        before = key._replace(defense="none") if key.defense != "none" else None
        points.append(replace(mark, x=kept, label=said, before=before))
    if not 1 < len(points) <= MOST_POINTS:
        return None
    if len({mark.shape for mark in points}) == 1:
        points = [replace(mark, shape="") for mark in points]
    caption = (
        f"Each point is a row: to the right it keeps more of Clean's {accuracy.metric} in the same mode, further up "
        "its targets are shown more. An open point is a row with a defense, and an arrow leads there from the same row "
        f"without it. {WHISKERS}"
    )
    across = f"% of Clean's {accuracy.metric} kept"
    title = "Exposure against the accuracy that is kept"
    return Scatter(
        TRADE_OFF,
        title,
        caption,
        _subject(result_set),
        exposure.unit,
        exposure.methods(result_set),
        across=across,
        panels=(("", tuple(points)),),
    )


def against_defenses(result_set: ResultSet, exposure: Shown) -> HeatMap | None:
    """Return exposure by attack and defense, or None where there is no defense."""
    found = {key: mark for key in result_set.rows if (mark := exposure.mark(result_set, key))}
    defenses = list(dict.fromkeys(key.defense for key in found))
    lines = list(dict.fromkeys((key.attack, key.mode) for key in found if key.attack != "local"))
    if len(defenses) < 2 or len(lines) > MOST_ROWS:
        return None
    cells = tuple(tuple(found.get(RowKey(*line, defense)) for defense in defenses) for line in lines)
    return HeatMap(
        "defenses",
        "Attacks against defenses",
        f"{exposure.unit}, mean over seeds: each attack without a defense and with each. An empty place was not run.",
        _subject(result_set),
        exposure.unit,
        exposure.methods(result_set),
        rows=tuple(_line(lines, line) for line in lines),
        columns=tuple(defenses),
        cells=cells,
        digits=exposure.digits,
        highest=exposure.scale.high,
    )


def operating_points(result_set: ResultSet, found: Shown, alarms: Shown) -> Scatter | None:
    """Return what defenses find of attacks against what they flag in the clean model, a panel a mode."""
    panels: dict[str, list[Mark]] = {}
    for key in result_set.rows:
        mark = found.mark(result_set, key)
        flagged = summarize(alarms.of(result_set, key._replace(attack="clean")), alarms.scale)
        if key.attack in BASELINES or mark is None or flagged.mean is None:
            continue
        said = f"{mark.label}, {alarms.metric} of clean {_written(flagged, alarms.digits)}"
        panels.setdefault(key.mode, []).append(replace(mark, x=flagged, label=said, shape=key.defense))
    if not 0 < sum(map(len, panels.values())) <= MOST_POINTS:
        return None
    return Scatter(
        "operating-points",
        "Detection against false alarms",
        "Each point is an attack and a detector at the threshold that it uses: further up it flags more of what the "
        f"attacker planted, to the right it flags more of a model, or of titles, that nobody attacked. {WHISKERS} "
        "Records hold no scores, of which curves over all thresholds would be drawn: average "
        "precision sums these up.",
        _subject(result_set),
        found.unit,
        found.methods(result_set),
        across=alarms.unit,
        panels=tuple((mode if len(panels) > 1 else "", tuple(points)) for mode, points in panels.items()),
    )


def side_by_side(
    result_set: ResultSet,
    shown: Shown,
    name: str,
    title: str,
    caption: str,
    panel: Callable[[RowKey], str],
    keys: Iterable[RowKey],
    reference: float | None = None,
) -> Intervals | None:
    """Return means with intervals, a panel for each value of ``panel``; None where no row has the metric."""
    found = {key: mark for key in keys if (mark := shown.mark(result_set, key))}
    modes = any(panel(key) != key.mode for key in found)
    places = {(panel(key), (key.attack, key.mode if modes else "")): mark for key, mark in found.items()}
    lines = list(dict.fromkeys(line for _, line in places))
    return _intervals(result_set, shown, name, title, caption, lines, places, reference)


def by_metric(
    result_set: ResultSet, metrics: Sequence[Shown], name: str, title: str, caption: str, keys: Iterable[RowKey]
) -> Intervals | None:
    """Return means with intervals, a panel for each metric that a row has; their scale is the first one's."""
    rows = list(keys)
    places = {
        (shown.metric, (key.attack, key.mode)): mark
        for shown in metrics
        for key in rows
        if (mark := shown.mark(result_set, key))
    }
    there = {line for _, line in places}
    lines = [line for line in dict.fromkeys((key.attack, key.mode) for key in rows) if line in there]
    return _intervals(result_set, metrics[0], name, title, caption, lines, places)


def _intervals(
    result_set: ResultSet,
    shown: Shown,
    name: str,
    title: str,
    caption: str,
    lines: Sequence[tuple[str, str]],
    places: Mapping[tuple[str, tuple[str, str]], Mark],
    reference: float | None = None,
) -> Intervals | None:
    """Return marks by panel and line, or None if there are none, or more lines than can be read."""
    if not places or len(lines) > MOST_ROWS:
        return None
    return Intervals(
        name,
        title,
        caption,
        _subject(result_set),
        shown.unit,
        shown.methods(result_set),
        rows=tuple(_line(lines, line) for line in lines),
        panels=tuple(
            (one, tuple(places.get((one, line)) for line in lines)) for one in dict.fromkeys(one for one, _ in places)
        ),
        log=shown.scale is Scale.RATIO,
        reference=reference,
    )


def present(*pictures: Picture | None) -> list[Picture]:
    """Return those that there are."""
    return [picture for picture in pictures if picture]


def _line(lines: Sequence[tuple[str, str]], line: tuple[str, str]) -> str:
    attack, mode = line
    return f"{attack} · {mode}" if mode and len({mode for _, mode in lines}) > 1 else attack


def _name(key: RowKey) -> str:
    return " · ".join(part for part in (key.attack, key.mode, key.defense) if part and part != "none")


def _subject(result_set: ResultSet) -> str:
    return f"{result_set.dataset} · {result_set.model}"


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _written(found: Summary, digits: int) -> str:
    """Return a mean with its interval, as tables have it."""
    mean, low, high = (None if v is None else f"{v:.{digits}f}" for v in (found.mean, found.low, found.high))
    return str(mean) if low is None or found.low == found.high else f"{mean} [{low}, {high}]"
