"""Records from the store: one cell's numbers with everything that explains them."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ... import __version__
from ...core.config import identity
from ...core.records.checksums import checksum, note_checksums, read_checksums
from ...core.records.folder import RecordReader
from ...core.records.record import Cell, Record, filename, from_bytes, to_bytes
from ...core.system.files import read_whole, write_or_tell
from .. import scenarios
from ..stages.graph import Plan, PlannedCell
from ..stages.setting import Setting
from ..stages.stage import Stage
from ..stages.store import Store
from ..tables.result_sets import protocol_digest

ABSENT = "not installed"


def compose(planned: PlannedCell, stages: Mapping[str, Stage], store: Store) -> Record:
    """Build the record of a finished cell.

    Raises:
        Damaged: If the store lacks or distrusts a file that the record needs.
        UserError: If what a method or scenario gave would make a record that cannot be read again.
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
    record = Record(
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
        versions=versions(scenario.libraries),
    )
    from_bytes(to_bytes(record), "what was computed")
    return record


def compose_failed(planned: PlannedCell, stages: Mapping[str, Stage], reason: str) -> Record:
    """Build the record of a cell that could not be finished."""
    return Record(
        cell=planned.cell,
        status="failed",
        error=reason,
        protocol=protocol(planned.setting, stages[planned.stages["dataset"]]),
        attack_info=_attack(planned),
        stages=planned.stages,
        versions=versions(scenarios.get(planned.setting.scenario).libraries),
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
def versions(libraries: tuple[str, ...] = ()) -> dict[str, str]:
    """Return the versions of what computes the numbers: of rbench, its own libraries, and those of a scenario."""
    found = {"rbench": __version__}
    for name in ("torch", "numpy", "scipy", "scikit-learn", "recbole", *libraries):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = ABSENT
    return found


def all_versions() -> dict[str, str]:
    """Return the versions of what computes the numbers of any scenario, as far as it is installed."""
    libraries = {name for scenario in scenarios.every() for name in scenario.libraries}
    return {name: found for name, found in versions(tuple(sorted(libraries))).items() if found != ABSENT}


class RecordFolder:
    """The folder of records of one run directory.

    A record of the same cell and protocol as a new one, but of other options, gives way to it:
    it is kept in ``superseded/``, since a leaderboard must not count a seed twice.
    """

    def __init__(self, folder: Path, plan: Plan | None = None) -> None:
        """Open, making the folder if need be.

        Args:
            folder: The folder.
            plan: What is about to be run: its records may be damaged, and are then written again.

        Raises:
            UserError: If a file in it is no record, or was altered since a run wrote it.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.superseded = folder, folder.parent / "superseded"
        self._plan = plan
        self._files = RecordReader(folder)
        self._noted = read_checksums(folder)
        self._opened = self._files.read(lambda name: name in self._planned)
        self._sums, self._known = self._files.checksums(), {*self._noted.values()}
        self._names = {_place(record): name for name, record in self._opened.items()}
        self._digests: dict[tuple[int, str], str] = {}
        self._written: dict[str, str] = {}

    def read(self) -> list[Record]:
        """Return all records as they are now, in the order of their files' names.

        Raises:
            UserError: If a file is no record, or was altered since a run wrote it.
        """
        return list(self._files.read().values())

    def holds(self, planned: PlannedCell, stages: Mapping[str, Stage]) -> bool:
        """Tell whether the finished record of a planned cell was there when the folder was opened, as a run wrote it.

        One without a checksum, of an older run or a broken one, is not held: it is compared with what the store gives.
        """
        name = self._names.get((planned.cell, self._digest(planned, stages)), "")
        record, digest = self._opened.get(name), self._sums.get(name, "")
        held = (
            record is not None
            and digest in self._known
            and record.status == "done"
            and record.stages == planned.stages
            and record.versions == versions(scenarios.get(planned.setting.scenario).libraries)
        )
        if held:
            self._written[name] = digest
        return held

    def write(self, record: Record) -> None:
        """Write a record atomically; one that is there already, byte for byte, is left alone.

        Raises:
            UserError: If it cannot be written.
        """
        name, place = filename(record), _place(record)
        self._make_way(place, name)
        self._names[place] = name
        content = to_bytes(record)
        self._written[name] = checksum(content)
        if self._is(name, content):
            return
        if self._noted.get(name) not in (None, self._written[name]):
            # Whenever the run ends, no record may differ from its checksum: of those that change, it goes first.
            note_checksums(self.folder, dict.fromkeys(self._planned))
            self._noted = read_checksums(self.folder)
        write_or_tell(self.folder / name, content)

    def seal(self) -> None:
        """Note the checksums of what was written, so that later changes of it are noticed.

        Raises:
            UserError: If they cannot be written.
        """
        self._files.read(lambda name: True)
        now = self._files.checksums()
        note_checksums(self.folder, {name: digest for name, digest in self._written.items() if now.get(name) == digest})

    def retire(self, plan: Plan) -> list[str]:
        """Set aside records of the plan's cells that the plan would not make; returns their names."""
        expected = [compose_failed(planned, plan.stages, "not run") for planned in plan.cells]
        return [name for record in expected if (name := self._make_way(_place(record), filename(record)))]

    @functools.cached_property
    def _planned(self) -> frozenset[str]:
        """Names of the plan's records, the same whether their cells are done or have failed."""
        if self._plan is None:
            return frozenset()
        stages = self._plan.stages
        return frozenset(filename(compose_failed(planned, stages, "")) for planned in self._plan.cells)

    def _digest(self, planned: PlannedCell, stages: Mapping[str, Stage]) -> str:
        dataset = stages[planned.stages["dataset"]]
        key = id(planned.setting), dataset.id
        if key not in self._digests:
            self._digests[key] = protocol_digest(protocol(planned.setting, dataset))
        return self._digests[key]

    def _is(self, name: str, content: bytes) -> bool:
        """Tell whether a record's file has this content."""
        try:
            return read_whole(str(self.folder / name)) == content
        except OSError:  # whatever is there is replaced
            return False

    def _make_way(self, place: tuple[Cell, str], name: str) -> str | None:
        old = self._names.get(place)
        if old is None or old == name:
            return None
        self.superseded.mkdir(exist_ok=True)
        with suppress(FileNotFoundError):  # another run has set it aside
            os.replace(self.folder / old, self.superseded / old)
        del self._names[place]
        return old


def _place(record: Record) -> tuple[Cell, str]:
    return record.cell, protocol_digest(record.protocol)


def _attack(planned: PlannedCell) -> dict[str, Any]:
    attack = planned.attack
    if attack is None:
        return {"audience": None, "config": {}, "paper": ""}
    told = {"audience": getattr(attack.cls, "audience", None), "paper": str(getattr(attack.cls, "paper", ""))}
    return {**told, "config": identity(attack.config)}
