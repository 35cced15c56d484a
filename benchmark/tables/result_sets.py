"""Records sorted into what may be compared: one protocol, one data set, one victim."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ...core.errors import UserError
from ...core.records.record import Cell, Record, filename
from ..stages.setting import BASELINES, scenario_of

_CANONICAL = json.JSONEncoder(sort_keys=True)


class RowKey(NamedTuple):
    """What the seeds of one row of a table share."""

    attack: str
    mode: str
    defense: str


def method_name(label: str) -> str:
    """Return the name of a label's method: of ``pea:suppress=0`` it is ``pea``."""
    return label.partition(":")[0]


@dataclass
class ResultSet:
    """All records of one protocol, data set and victim.

    Attributes:
        protocol: The protocol they share.
        digest: Eight hexadecimal digits of its hash.
        dataset: The data set's name.
        model: The victim's name.
        rows: Finished records by row, in the tables' order, and seed.
        failed: Failed records, in the tables' order.
    """

    protocol: Mapping[str, Any]
    digest: str
    dataset: str
    model: str
    rows: dict[RowKey, dict[int, Record]] = field(default_factory=dict)
    failed: list[Record] = field(default_factory=list)

    @property
    def scenario(self) -> str:
        """Name of the scenario."""
        return scenario_of(self.protocol)

    def audience(self, key: RowKey) -> str | None:
        """Return whom the row's attack aims at: ``all``, ``group``, or None for the baselines."""
        return next(iter(self.rows[key].values())).attack_info.get("audience")

    def sample(self, key: RowKey | None, audience: str, metric: str) -> dict[int, float | None]:
        """Return the metric by seed; None where the record has none, nothing for an unknown row."""
        records = self.rows.get(key, {}) if key else {}
        return {seed: record.metrics.get(audience, {}).get(metric) for seed, record in sorted(records.items())}

    def chance(self) -> dict[tuple[str, str], dict[int, float | None]]:
        """Return the chance levels by audience and metric, and by seed."""
        levels: dict[tuple[str, str], dict[int, float | None]] = {}
        for records in self.rows.values():
            for seed, record in sorted(records.items()):
                for audience, metrics in record.chance.items():
                    for metric, value in metrics.items():
                        levels.setdefault((audience, metric), {}).setdefault(seed, value)
        return levels

    def baseline(self, name: str, key: RowKey) -> RowKey | None:
        """Return the row a row is compared with: ``clean`` in the same mode, or ``local``; None for itself."""
        found: RowKey | None = RowKey(name, key.mode, "none")
        if found not in self.rows:  # Local has no provider, so any mode's will do
            others = (k for k in self.rows if k.attack == name and k.defense == "none" and name == "local")
            found = next(others, None)
        return found if found != key and key.attack != "local" else None


def result_sets(
    records: Iterable[Record], modes: Callable[[str], Sequence[str]] = lambda scenario: ()
) -> list[ResultSet]:
    """Sort records into result sets.

    Args:
        records: In any order.
        modes: Returns the usage modes of a scenario, by its name, in the order in which rows have them; others
            follow by name.

    Raises:
        UserError: If two finished records are of one cell under one protocol, or if the seeds of one
            row differ in what the attack was.
    """
    found: dict[tuple[str, str, str], ResultSet] = {}
    modes = functools.cache(modes)
    marked = [
        (_order(record.cell, modes(scenario_of(record.protocol))), protocol_digest(record.protocol), record)
        for record in records
    ]
    for _, digest, record in sorted(marked, key=lambda found: found[:2]):
        cell = record.cell
        result_set = found.setdefault(
            (digest, cell.dataset, cell.model), ResultSet(record.protocol, digest, cell.dataset, cell.model)
        )
        if record.status == "failed":
            result_set.failed.append(record)
        else:
            _add(result_set.rows.setdefault(RowKey(cell.attack, cell.mode, cell.defense), {}), record)
    return [found[place] for place in sorted(found)]


def protocol_digest(protocol: Mapping[str, Any]) -> str:
    """Return eight hexadecimal digits that tell protocols apart."""
    return hashlib.sha256(_CANONICAL.encode(protocol).encode("ascii")).hexdigest()[:8]


def _add(row: dict[int, Record], record: Record) -> None:
    seed = record.cell.seed
    if seed in row:
        raise UserError(
            f"two records are of one cell: {filename(row[seed])} and {filename(record)}; "
            "remove the one that is out of date."
        )
    other = next(iter(row.values()), record)
    if other.attack_info != record.attack_info:
        raise UserError(
            f"{filename(other)} and {filename(record)} are seeds of one row, "
            "but their attacks are configured differently; remove those that are out of date."
        )
    row[seed] = record


def _order(cell: Cell, modes: Sequence[str]) -> tuple[object, ...]:
    rank = BASELINES.index(cell.attack) if cell.attack in BASELINES else len(BASELINES)
    mode = modes.index(cell.mode) if cell.mode in modes else len(modes)
    plain = cell.defense != "none"
    return (cell.dataset, cell.model, rank, plain, cell.attack, mode, cell.mode, cell.defense, cell.seed)
