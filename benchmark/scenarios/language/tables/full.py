"""All other tables: attack success in full, detection of triggered titles, and every seed by itself."""

from __future__ import annotations

from collections.abc import Iterable

from .....core.records.record import Record
from ....tables.captions import HOLM, INTERVALS, seeds, stated, targets
from ....tables.number import CHANCE, Numbers, against_clean, change
from ....tables.result_sets import ResultSet
from ....tables.table import NOTHING, Column, Format, Table, TableCell, count, text
from ..metrics import METRICS, wilson
from .common import cells, columns, labels, measured_in, overlapping, parameters, reader

SUCCESS = tuple(METRICS)[: tuple(METRICS).index("title precision")]
DETECTION = tuple(METRICS)[tuple(METRICS).index("title precision") :]
BY_SEED = ("HR@1", "ASR", "ASR plain", "ASR own", "ASR own plain", "HR@1 beside", "Yes")


def tables(result_set: ResultSet, numbers: Numbers) -> list[Table]:
    """Return the tables ``success``, ``detection`` where there are scanners, and ``seeds``."""
    found = [_success(result_set, numbers)]
    detection = measured_in(numbers, DETECTION)
    if detection:
        found.append(_detection(result_set, numbers, detection))
    return [*found, _by_seed(result_set)]


def fakes(records: Iterable[Record]) -> str:
    """Return how many fake users there were, and what a title of theirs looks like."""
    told = [record.log["poisoned"] for record in records if "poisoned" in record.log]
    if not told:
        return "; no fake users"
    counts = sorted({log["fake_users"] for log in told})
    return f"; {' or '.join(map(str, counts))} fake users, e.g. of {told[0]['example']!r}"


def _success(result_set: ResultSet, numbers: Numbers) -> Table:
    shown = measured_in(numbers, SUCCESS)
    rows = [
        (
            *labels(key),
            count(len(result_set.rows[key])) if key in result_set.rows else NOTHING,
            *cells(numbers, key, shown),
            change(numbers, key, "all", "HR@1", "clean", 3),
            against_clean(numbers, key, "all", "HR@1"),
            parameters(result_set, key),
        )
        for key in (*result_set.rows, CHANCE)
    ]
    head = (Column("attack", "left"), Column("defense", "left"), Column("seeds"))
    tail = (
        Column("ΔHR@1", unit="fraction", meaning="difference to Clean without a defense"),
        Column("p", meaning="HR@1 against Clean, paired by seed, adjusted over the column"),
        Column("parameters", meaning="numbers that training changes"),
    )
    essentials = stated(result_set, ("language.history", "language.candidates", "language.trusted", "split", "preset"))
    caption = (
        " ".join(f"{name}: {METRICS[name].meaning}." for name in shown),
        f"A documented reading of what can be read of BadRec. {reader(result_set)} {overlapping(result_set)}",
        INTERVALS,
        f"p: two-sided t-test of HR@1 against Clean without a defense, paired over seeds, {HOLM}.",
        f"{seeds(result_set)} {targets(result_set)} Protocol {result_set.digest}: {essentials}.",
    )
    return Table("success", "Attack success", (*head, *columns(shown), *tail), tuple(rows), keys=2, caption=caption)


def _detection(result_set: ResultSet, numbers: Numbers, shown: list[str]) -> Table:
    scanned = [key for key in result_set.rows if any(cell != NOTHING for cell in cells(numbers, key, shown))]
    rows = tuple((*labels(key), *cells(numbers, key, shown)) for key in scanned)
    caption = (
        "Titles in training that the platform does not trust; a title that differs from the catalogue's is to be "
        "found. Served: titles that nobody trained on, with the trigger.",
    )
    head = (Column("attack", "left"), Column("defense", "left"))
    return Table("detection", "Triggered titles found", (*head, *columns(shown)), rows, keys=2, caption=caption)


def _by_seed(result_set: ResultSet) -> Table:
    logs = {
        (key, seed): record.log["measure"]["counts"]
        for key, records in result_set.rows.items()
        for seed, record in records.items()
    }
    shown = [name for name in BY_SEED if any(name in counts for counts in logs.values())]
    rows = tuple(
        (*labels(key), count(seed), *(_share(counts.get(name)) for name in shown))
        for (key, seed), counts in logs.items()
    )
    head = (Column("attack", "left"), Column("defense", "left"), Column("seed"))
    sizes = sorted({counts["HR@1"][1] for counts in logs.values()})
    caption = (
        "Share [Wilson's 95% interval over questions], one seed a row, from "
        f"{' or '.join(map(str, sizes))} questions; of ASR from those whose list has a candidate to retitle.",
    )
    return Table("seeds", "Every seed", (*head, *columns(shown)), rows, keys=3, caption=caption)


def _share(counted: list[int] | None) -> TableCell:
    if not counted or not counted[1]:
        return text("") if counted is None else NOTHING
    hits, n = counted
    low, high = wilson(hits, n)
    return TableCell(hits / n, low, high, n, format=Format(3))
