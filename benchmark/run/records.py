"""Records from the store: one cell's numbers with everything that explains them."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ... import __version__
from ...core.config import identity
from ...core.files import write_atomically
from ...core.records.folder import RecordReader
from ...core.records.record import Cell, Record, filename, to_bytes
from .. import scenarios
from ..stages.graph import Plan, PlannedCell
from ..stages.setting import Setting
from ..stages.stage import Stage
from ..stages.store import Store
from ..tables.result_sets import protocol_digest


def compose(planned: PlannedCell, stages: Mapping[str, Stage], store: Store) -> Record:
    """Build the record of a finished cell.

    Raises:
        Damaged: If the store lacks or distrusts a file that the record needs.
    """
    roles = planned.stages
    result = scenarios.codecs(stages[roles["measure"]]).read(store, roles["measure"])
    drawn = store.log(roles["targets"])
    scenario = scenarios.get(planned.setting.scenario)
    logged = [role for kind in scenario.logged for role in roles if role.split(" ")[0] == kind]
    logs = {role: store.log(roles[role]) for role in logged}
    log = {role: told for role, told in logs.items() if told}
    if told := store.log(roles["dataset"]).get("notes"):
        log["dataset"] = {"notes": told}
    return Record(
        cell=planned.cell,
        status="done",
        protocol=protocol(planned.setting, stages[roles["dataset"]]),
        attack_info=_attack(planned),
        targets=drawn["targets"],
        metrics=result["metrics"],
        chance=result["chance"],
        user_tests=result["user_tests"],
        log=log | {name: value for name, value in drawn.items() if name != "targets"},
        stages=roles,
        versions=versions(),
    )


def compose_failed(planned: PlannedCell, stages: Mapping[str, Stage], reason: str) -> Record:
    """Build the record of a cell that could not be finished."""
    return Record(
        cell=planned.cell,
        status="failed",
        error=reason,
        protocol=protocol(planned.setting, stages[planned.stages["dataset"]]),
        attack_info=_attack(planned),
        stages=planned.stages,
        versions=versions(),
    )


def protocol(setting: Setting, dataset: Stage) -> dict[str, Any]:
    """Return, flat, all that must agree before two numbers may be compared."""
    flat: dict[str, Any] = {"data": dataset.id, "preset": setting.preset}
    flat |= scenarios.get(setting.scenario).protocol(setting)
    flat |= {name: said for name in ("schedule", "rates") if (said := getattr(setting, name))}
    result_sets = {**setting.sections, setting.model.name: setting.model.config}
    for section, config in result_sets.items():
        flat |= {f"{section}.{option}": value for option, value in identity(config).items()}
    return flat


@functools.cache
def versions() -> dict[str, str]:
    """Return the versions of what computes the numbers."""
    found = {"rbench": __version__}
    for name in ("torch", "numpy", "scipy", "scikit-learn", "recbole"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


class RecordFolder:
    """The folder of records of one run directory.

    A record of the same cell and protocol as a new one, but of other options, gives way to it:
    it is kept in ``superseded/``, since a leaderboard must not count a seed twice.
    """

    def __init__(self, folder: Path) -> None:
        """Open, making the folder if need be.

        Raises:
            UserError: If a file in it is no record.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.superseded = folder, folder.parent / "superseded"
        self._files = RecordReader(folder)
        self._opened = self._files.read()
        self._names = {_place(record): name for name, record in self._opened.items()}
        self._digests: dict[tuple[int, str], str] = {}

    def read(self) -> list[Record]:
        """Return all records as they are now, in the order of their files' names.

        Raises:
            UserError: If a file is no record.
        """
        return list(self._files.read().values())

    def holds(self, planned: PlannedCell, stages: Mapping[str, Stage]) -> bool:
        """Tell whether the finished record of a planned cell was there when the folder was opened."""
        dataset = stages[planned.stages["dataset"]]
        key = id(planned.setting), dataset.id
        if key not in self._digests:
            self._digests[key] = protocol_digest(protocol(planned.setting, dataset))
        record = self._opened.get(self._names.get((planned.cell, self._digests[key]), ""))
        return (
            record is not None
            and record.status == "done"
            and record.stages == planned.stages
            and record.versions == versions()
        )

    def write(self, record: Record) -> None:
        """Write a record atomically; one that is there already, byte for byte, is left alone."""
        name, place = filename(record), _place(record)
        self._make_way(place, name)
        self._names[place] = name
        content = to_bytes(record)
        path = self.folder / name
        if not path.is_file() or path.read_bytes() != content:
            write_atomically(path, content)

    def retire(self, plan: Plan) -> list[str]:
        """Set aside records of the plan's cells that the plan would not make; returns their names."""
        expected = [compose_failed(planned, plan.stages, "not run") for planned in plan.cells]
        return [name for record in expected if (name := self._make_way(_place(record), filename(record)))]

    def _make_way(self, place: tuple[Cell, str], name: str) -> str | None:
        old = self._names.get(place)
        if old is None or old == name:
            return None
        self.superseded.mkdir(exist_ok=True)
        os.replace(self.folder / old, self.superseded / old)
        del self._names[place]
        return old


def _place(record: Record) -> tuple[Cell, str]:
    return record.cell, protocol_digest(record.protocol)


def _attack(planned: PlannedCell) -> dict[str, Any]:
    attack = planned.attack
    if attack is None:
        return {"audience": None, "config": {}, "paper": ""}
    return {"audience": attack.cls.audience, "config": identity(attack.config), "paper": attack.cls.paper}
