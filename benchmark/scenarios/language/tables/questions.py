"""The numbers behind the shares: hits among questions, a row a metric and seed."""

from __future__ import annotations

from ....tables.result_sets import ResultSet
from ....tables.table import Column, Table, count, text


def questions_table(result_set: ResultSet) -> Table:
    """Return a row for each attack, defense, metric and seed."""
    rows = [
        (
            *(text(name) for name in (result_set.dataset, result_set.model, key.attack, key.defense, metric)),
            count(seed),
            count(hits),
            count(n),
        )
        for key, records in result_set.rows.items()
        for seed, record in records.items()
        for metric, (hits, n) in record.log["measure"]["counts"].items()
    ]
    head = [Column(name, "left") for name in ("dataset", "model", "attack", "defense", "metric")]
    return Table("questions", "Every question", (*head, *map(Column, ("seed", "hits", "n"))), tuple(rows), keys=6)
