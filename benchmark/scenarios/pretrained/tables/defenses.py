"""What defenses leave of an attack and cost in accuracy, paired with the undefended cells; and verdicts of scans."""

from __future__ import annotations

from ....stages.setting import BASELINES
from ....tables.intervals import change
from ....tables.number import Numbers, find, mean
from ....tables.result_sets import ResultSet, RowKey
from ....tables.scale import Scale
from ....tables.statistics import holm, paired
from ....tables.table import NOTHING, Column, Format, Table, TableCell, adjusted, changed, count
from ....tables.table import text as words
from .captions import caption
from .columns import column, labels

REPAIRED = (
    "Exposure left and accuracy kept: each cell against the same model in the same mode without a defense, paired by "
    "seed, with 95% intervals. HIT@5 is that of the users aimed at; of the clean model, what targets have by "
    "themselves. p: two-sided t-tests of the differences in HIT@5 and HR@10, paired over seeds, Holm over each column."
)
SCANNED = (
    "Distance: the scan's statistic above the mean of its honest models, in their standard deviations. p: the share of "
    "models, honest ones and the model itself, with at least its statistic; the mean over seeds. AUROC: the share of "
    "pairs of an attacked and a clean model, of any seeds in the same mode, in which the attacked one is further away, "
    "ties one half."
)


def repairs_table(result_set: ResultSet, numbers: Numbers) -> Table | None:
    """Return the table of all defenses that change model or lists, or None if there is none."""
    keys = [key for key in result_set.rows if key.defense != "none" and find(numbers, key, "all", "HIT@5")]
    pairs = [(key, bare) for key in keys if (bare := key._replace(defense="none")) in result_set.rows]
    if not pairs:
        return None
    tests = [[paired(*_samples(result_set, key, bare, metric)) for key, bare in pairs] for metric in ("HIT@5", "HR@10")]
    ps = [holm([test.p for test in column]) for column in tests]
    rows = []
    for n, (key, bare) in enumerate(pairs):
        cells: list[TableCell] = []
        for (metric, digits, scale), column_tests, column_ps in zip(_SHOWN, tests, ps, strict=True):
            ours, theirs = _samples(result_set, key, bare, metric)
            audience = aimed_at(result_set, key, metric)
            cells.append(mean(numbers, bare, audience, metric, digits))
            cells.append(mean(numbers, key, audience, metric, digits))
            cells.append(changed(change(ours, theirs, scale), scale, digits))
            cells.append(adjusted(column_tests[n], column_ps[n]))
        names = (words(key.attack), words(key.mode), words(key.defense))
        rows.append((*names, count(len(result_set.rows[key])), *cells))
    columns = [*labels("attack", "mode", "defense"), Column("seeds")]
    for metric, header in (("HIT@5", "HIT@5 %"), ("HR@10", "HR@10")):
        columns.append(column(metric, f"{header} without"))
        columns.append(column(metric, f"{header} with"))
        columns.append(column(metric, f"Δ{header}", "with less without"))
        columns.append(Column(f"p ({metric})", meaning="two-sided, paired by seed, adjusted over the column"))
    title = "What defenses leave and cost"
    said, about = (REPAIRED, caption(result_set, "")[-1]), tuple(key for key, _ in pairs)
    return Table("repairs", title, tuple(columns), tuple(rows), keys=3, caption=said, about=about)


def scans_table(result_set: ResultSet, numbers: Numbers) -> Table | None:
    """Return the table of verdicts on whole models, or None if there is none."""
    keys = [key for key in result_set.rows if find(numbers, key, "all", "scan p")]
    if not keys:
        return None
    rows = []
    for key in keys:
        clean = key._replace(attack="clean")
        ours, theirs = (_values(result_set, one) for one in (key, clean))
        found = NOTHING
        if key.attack not in BASELINES and ours and theirs:
            found = TableCell(auroc(ours, theirs), n=len(ours), format=Format(2))
        rows.append(
            (
                *(words(name) for name in key),
                count(len(result_set.rows[key])),
                mean(numbers, key, "all", "scan distance", 2),
                mean(numbers, key, "all", "scan p", 3),
                found,
            )
        )
    columns = (
        *labels("attack", "mode", "scan"),
        Column("seeds"),
        column("scan distance", "distance"),
        column("scan p", "p"),
        Column(
            "AUROC", unit="fraction", meaning="pairs in which the attacked model is further away than the clean one"
        ),
    )
    title = "Verdicts on models"
    said = (SCANNED, caption(result_set, "")[-1])
    return Table("scans", title, columns, tuple(rows), keys=3, caption=said, about=tuple(keys))


def auroc(attacked: list[float], clean: list[float]) -> float:
    """Return the share of pairs in which the attacked value is larger than the clean one, ties one half."""
    return sum((a > c) + 0.5 * (a == c) for a in attacked for c in clean) / (len(attacked) * len(clean))


_SHOWN = (("HIT@5", 2, Scale.PERCENTAGE), ("HR@10", 4, Scale.FRACTION))


def aimed_at(result_set: ResultSet, key: RowKey, metric: str) -> str:
    """Return of which users a metric counts: of exposure those that the attack aims at, else all."""
    return "target" if metric == "HIT@5" and result_set.audience(key) == "group" else "all"


def _samples(
    result_set: ResultSet, key: RowKey, bare: RowKey, metric: str
) -> tuple[dict[int, float | None], dict[int, float | None]]:
    audience = aimed_at(result_set, key, metric)
    return result_set.sample(key, audience, metric), result_set.sample(bare, audience, metric)


def _values(result_set: ResultSet, key: RowKey) -> list[float]:
    return [value for value in result_set.sample(key, "all", "scan distance").values() if value is not None]
