"""A store in which every stage of a large grid is done, without any training: the published records, repeated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

from rbench.benchmark import scenarios
from rbench.benchmark.grid import plan
from rbench.benchmark.grid import resolve as grid
from rbench.benchmark.grid.plan import Plan
from rbench.benchmark.grid.request import read_request
from rbench.benchmark.stages.store import LOG, Store
from rbench.core.artifacts import encode, to_json
from rbench.core.records.folder import read_all

PUBLISHED = Path(__file__).parents[2] / "results" / "ml-100k"


@dataclass(frozen=True)
class LargeGrid:
    """The published grid with many more seeds.

    Attributes:
        config: Its TOML file.
        seeds: How many; of 61 cells each.
    """

    config: Path = PUBLISHED / "grid.toml"
    seeds: int = 164

    def plan(self) -> Plan:
        """Expand it."""
        return plan.build(grid.build(read_request({"config": self.config, "seeds": str(self.seeds)})))

    def fill(self, store: Store) -> None:
        """Write what all stages would have written, as far as records are made from it; models are left out."""
        planned = self.plan()
        records = {record.cell: record for record in read_all(PUBLISHED / "records")}
        seeds = sorted({cell.seed for cell in records})
        values: dict[str, dict[str, Any]] = {}
        logs: dict[str, Mapping[str, Any]] = {}
        for cell in planned.cells:
            record = records[replace(cell.cell, seed=seeds[cell.cell.seed % len(seeds)])]
            values[cell.stages["measure"]] = {
                name: getattr(record, name) for name in ("metrics", "chance", "user_tests")
            }
            aims = {"targets": record.targets, "audience_users": record.log["audience_users"]}
            logs[cell.stages["targets"]] = aims
            logged = scenarios.get(cell.setting.scenario).logged
            logs |= {cell.stages[role]: record.log[role] for role in logged if role in cell.stages}
        # Each file would wait for the disk, which is no part of what is measured.
        with mock.patch(
            "rbench.benchmark.stages.store.write_atomically", lambda path, content, durable: path.write_bytes(content)
        ):
            for stage in planned.stages.values():
                files = encode(values.get(stage.id, {})) | {LOG: to_json(logs.get(stage.id, {}))}
                store.save(stage, files, {"seconds": 1.0})
