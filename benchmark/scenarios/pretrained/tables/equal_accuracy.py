"""Attacks at equal accuracy: what each exposes where it has cost a twentieth or a tenth of HR@10, and its curve."""

from __future__ import annotations

from ....tables.result_sets import ResultSet
from ....tables.table import NOTHING, Column, Format, Table, TableCell, count, text
from .captions import caption
from .columns import column, labels
from .curves import AtLevel, at_level, curves

LEVELS = (0.95, 0.9)
"""Shares of the clean model's HR@10."""
CAPTION = (
    "HIT@5 of targets (of group attacks: among the target users), in %, where the mean HR@10 has fallen to 95% and 90% "
    "of Clean's in the same mode, between the rates that were run and Clean linearly; [95% interval of the jackknife "
    "over seeds]. Where even the largest rate leaves more, that rate's exposure stands there as a lower bound."
)


def equal_accuracy_table(result_set: ResultSet) -> Table | None:
    """Return a row for every attack and mode of which several rates were run, or None if there is none."""
    found = curves(result_set)
    rows = []
    for curve in found:
        cells = []
        for level in LEVELS:
            there = at_level(curve, level)
            cells += [_exposure(there, len(curve.seeds)), _rate(there)]
        rates = text(", ".join(f"{point.rate:g}" for point in curve.points[1:]))
        rows.append((text(curve.attack), text(curve.mode), rates, count(len(curve.seeds)), *cells))
    columns = [*labels("attack", "mode", "rates"), Column("seeds")]
    for level in LEVELS:
        columns += [
            column("HIT@5", f"HIT@5 % at {level:.0%}", f"where HR@10 is {level:.0%} of Clean's"),
            Column(f"rate at {level:.0%}", meaning="the rate at which that is"),
        ]
    if not rows:
        return None
    captions = (CAPTION, caption(result_set, "global")[-1])
    return Table("equal-accuracy", "Exposure at equal accuracy", tuple(columns), tuple(rows), keys=2, caption=captions)


def curves_table(result_set: ResultSet) -> Table | None:
    """Return every curve, a row a rate, or None if there is none; the clean model has the rate 0."""
    rows = []
    for curve in curves(result_set):
        for point in curve.points:
            exposure = sum(point.exposure[seed] for seed in curve.seeds) / len(curve.seeds) if curve.seeds else None
            kept = curve.kept(point) if curve.seeds and any(curve.points[0].accuracy.values()) else None
            numbers = (TableCell(value, format=Format(6)) for value in (point.rate, kept, exposure))
            rows.append((text(curve.attack), text(curve.mode), text(curve.audience), count(len(curve.seeds)), *numbers))
    columns = (
        *labels("attack", "mode", "audience"),
        Column("seeds"),
        Column("rate"),
        Column("HR@10 kept", meaning="share of Clean's"),
        column("HIT@5", "HIT@5 %"),
    )
    return Table("equal-accuracy", "Exposure and accuracy by rate", columns, tuple(rows), keys=3) if rows else None


def _exposure(there: AtLevel, n: int) -> TableCell:
    if there.exposure is None:
        return NOTHING
    bound = Format(2) if there.reached else Format(2, prefix="≥ ")
    return TableCell(there.exposure, there.low, there.high, n, format=bound)


def _rate(there: AtLevel) -> TableCell:
    if there.rate is None:
        return NOTHING
    return TableCell(there.rate, format=Format(3) if there.reached else Format(3, prefix="> "))
