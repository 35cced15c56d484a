"""The numbers behind the pictures: every metric after every epoch, a row each."""

from __future__ import annotations

from ...tables.intervals import Summary, summarize
from ...tables.result_sets import ResultSet, RowKey
from ...tables.scale import Scale
from ...tables.table import Column, Format, Table, TableCell, count, text

SIX = Format(6)


def curves(result_set: ResultSet) -> dict[RowKey, dict[str, list[Summary]]]:
    """Return row to metric to its mean and spread over seeds, an entry an epoch."""
    found: dict[RowKey, dict[str, list[Summary]]] = {}
    for key, records in result_set.rows.items():
        logs = {seed: record.log["measure"]["epochs"] for seed, record in records.items()}
        names = next(iter(logs.values()))
        found[key] = {
            name: [
                summarize({seed: log[name][epoch] for seed, log in logs.items()}, _scale(name))
                for epoch in range(min(len(log[name]) for log in logs.values()))
            ]
            for name in sorted(names)
        }
    return found


def _scale(name: str) -> Scale:
    return Scale.COUNT if name == "loss" else Scale.FRACTION  # a loss has no upper end


def epochs_table(result_set: ResultSet) -> Table:
    """Return a row for each attack, aggregator, metric and epoch."""
    rows = []
    for key, metrics in curves(result_set).items():
        names = [text(name) for name in (result_set.dataset, result_set.model, key.attack, key.defense)]
        for metric, epochs in metrics.items():
            for epoch, s in enumerate(epochs, 1):
                numbers = [TableCell(value, format=SIX) for value in (s.mean, s.low, s.high)]
                rows.append((*names, text(metric), count(epoch), count(s.n), *numbers))
    labels = [Column(header, "left") for header in ("dataset", "model", "attack", "defense", "metric")]
    columns = (*labels, *map(Column, ("epoch", "n_seeds", "mean", "ci_low", "ci_high")))
    return Table("epochs", "Every epoch", columns, tuple(rows), keys=6)
