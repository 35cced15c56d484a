"""For every defense the attack that gets furthest, among those that a platform would not notice by their accuracy."""

from __future__ import annotations

from ....stages.setting import BASELINES
from ....tables.number import Numbers, find, mean
from ....tables.result_sets import ResultSet, RowKey
from ....tables.table import NOTHING, Column, Table, TableCell, count, text
from .captions import caption
from .columns import column, labels
from .defenses import aimed_at

KEPT = 0.95
"""Share of the clean model's HR@10 that an attack must leave to count."""
SEEN = 0.5
"""Share of an attack's exposure that a detector must flag for it not to have gone unseen."""
LEAST = 5
"""Attacks from which on there is a worst one to speak of."""
CAPTION = (
    f"For every mode and defense, the attack with the largest mean HIT@5 left, of those that keep {KEPT:.0%} of "
    "Clean's HR@10 in the same mode without a defense (counted as attacks). Where a defense only looks, of those of "
    f"whose exposure it flags less than {SEEN:.0%}, and HIT@5 is what the model shows. The largest of several means is "
    "too large by chance; the interval is that of the attack's own seeds."
)


def worst_table(result_set: ResultSet, numbers: Numbers) -> Table | None:
    """Return a row for every mode and defense of a grid of many attacks, or None if there are few or no defenses."""
    kept = [key for key in result_set.rows if key.attack not in BASELINES and _keeps_accuracy(result_set, numbers, key)]
    places = list(dict.fromkeys((key.mode, key.defense) for key in result_set.rows if key.attack not in BASELINES))
    attacks = {key.attack for key in result_set.rows if key.attack not in BASELINES}
    if len(attacks) < LEAST or all(defense == "none" for _, defense in places):
        return None
    rows = []
    for mode, defense in places:
        counted = [key for key in kept if (key.mode, key.defense) == (mode, defense)]
        left = {key: value for key in counted if (value := _left(result_set, numbers, key)) is not None}
        worst = max(left, key=lambda key: left[key], default=None)
        cells: tuple[TableCell, ...] = (text("–"), NOTHING, NOTHING, NOTHING)
        if worst:
            shown = worst if _changes(result_set, numbers, worst) else worst._replace(defense="none")
            cells = (
                text(worst.attack),
                mean(numbers, shown, aimed_at(result_set, shown, "HIT@5"), "HIT@5", 2),
                mean(numbers, shown, "all", "HR@10", 4),
                mean(numbers, worst, "all", "recall of exposure", 2),
            )
        rows.append((text(mode), text(defense), count(len(counted)), *cells))
    columns = (
        *labels("mode", "defense"),
        Column("attacks", meaning=f"that keep {KEPT:.0%} of Clean's HR@10"),
        *labels("worst attack"),
        column("HIT@5", "HIT@5 % left"),
        column("HR@10"),
        column("recall of exposure"),
    )
    captions = (CAPTION, caption(result_set, "")[-1])
    return Table("worst", "The worst attack on every defense", columns, tuple(rows), keys=2, caption=captions)


def _left(result_set: ResultSet, numbers: Numbers, key: RowKey) -> float | None:
    """Return the HIT@5 that an attack has against a defense; None if there is none, or if a detector sees it."""
    if _changes(result_set, numbers, key):
        return _mean(numbers, key, aimed_at(result_set, key, "HIT@5"), "HIT@5")
    seen = _mean(numbers, key, "all", "recall of exposure")
    if seen is None or seen >= SEEN:
        return None
    bare = key._replace(defense="none")
    return _mean(numbers, bare, aimed_at(result_set, key, "HIT@5"), "HIT@5")


def _changes(result_set: ResultSet, numbers: Numbers, key: RowKey) -> bool:
    """Whether the row has an exposure of its own: it is undefended, or its defense changes the model or the lists."""
    return _mean(numbers, key, aimed_at(result_set, key, "HIT@5"), "HIT@5") is not None


def _keeps_accuracy(result_set: ResultSet, numbers: Numbers, key: RowKey) -> bool:
    bare = key._replace(defense="none")
    ours, clean = (_mean(numbers, row, "all", "HR@10") for row in (bare, bare._replace(attack="clean")))
    return ours is not None and clean is not None and ours >= KEPT * clean


def _mean(numbers: Numbers, key: RowKey, audience: str, metric: str) -> float | None:
    found = find(numbers, key, audience, metric)
    return found.summary.mean if found else None
