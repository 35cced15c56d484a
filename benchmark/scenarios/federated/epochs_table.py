"""The numbers behind the pictures: every metric after every epoch, as tidy CSV."""

from __future__ import annotations

import csv
import io

from ...tables.formats import csv_number
from ...tables.markdown import safe_csv
from ...tables.result_sets import ResultSet, RowKey
from ...tables.statistics import Summary, summarize


def curves(result_set: ResultSet) -> dict[RowKey, dict[str, list[Summary]]]:
    """Return row to metric to its mean and spread over seeds, an entry an epoch."""
    found: dict[RowKey, dict[str, list[Summary]]] = {}
    for key, records in result_set.rows.items():
        logs = {seed: record.log["measure"]["epochs"] for seed, record in records.items()}
        names = next(iter(logs.values()))
        found[key] = {
            name: [
                summarize({seed: log[name][epoch] for seed, log in logs.items()})
                for epoch in range(min(len(log[name]) for log in logs.values()))
            ]
            for name in sorted(names)
        }
    return found


def epochs_csv(result_set: ResultSet) -> bytes:
    """Return the CSV (UTF-8): a row for each attack, aggregator, metric and epoch."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        ["dataset", "model", "attack", "defense", "metric", "epoch", "n_seeds", "mean", "ci_low", "ci_high"]
    )
    for key, metrics in curves(result_set).items():
        names = [safe_csv(name) for name in (result_set.dataset, result_set.model, key.attack, key.defense)]
        for metric, epochs in metrics.items():
            for epoch, s in enumerate(epochs, 1):
                writer.writerow([*names, metric, epoch, s.n, *map(csv_number, (s.mean, s.low, s.high))])
    return out.getvalue().encode()
