"""Where each row of a result set comes from: seeds, records, stages, and the command that makes it again."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ....core.records.record import Record, filename
from ....core.toml import toml_section
from ...tables.result_sets import ResultSet, RowKey

_OF_DATA = ("platform", "audience")
"""What a protocol says of the data set's own options."""


@dataclass(frozen=True)
class Origin:
    """Where one row comes from.

    Attributes:
        key: The row.
        command: Makes its records again, with the file of :func:`configuration` beside.
        paper: The attack's.
        seeds: Its seeds.
        files: Each seed's record, by file name.
        stages: Role to each seed's stage id, empty where a seed has none.
    """

    key: RowKey
    command: str
    paper: str
    seeds: list[int]
    files: list[str]
    stages: dict[str, list[str]]


def origins(result_set: ResultSet) -> list[Origin]:
    """Return the origin of every row, in the rows' order."""
    return [_origin(result_set, key, records) for key, records in result_set.rows.items()]


def configuration(result_set: ResultSet) -> tuple[str, str]:
    """Return name and content of a TOML file for ``--config`` that holds a result set's protocol.

    Options of attacks are in a row's command. Options of the data set other than platform and audience, and those of
    defenses, are in no record; where they were not the defaults, ``rbench why`` prints them.
    """
    protocol = result_set.protocol
    preset, _, quick = str(protocol.get("preset", "")).partition("+")
    grid: dict[str, Any] = {"datasets": [result_set.dataset], "models": [result_set.model]}
    grid |= {"preset": preset} if preset and not preset.endswith(".toml") else {}
    grid |= {"quick": True} if quick else {}
    sections: dict[str, dict[str, Any]] = {"grid": grid}
    for name, value in sorted(protocol.items()):
        section, _, option = name.rpartition(".")
        if section or name in _OF_DATA:
            sections.setdefault(section or result_set.dataset, {})[option] = value
    lines = [line for section, options in sections.items() for line in toml_section(options, section)]
    return f"protocol-{result_set.digest}.toml", "\n".join(lines).strip() + "\n"


def _origin(result_set: ResultSet, key: RowKey, records: Mapping[int, Record]) -> Origin:
    ordered = [record for _, record in sorted(records.items())]
    roles = dict.fromkeys(role for record in ordered for role in record.stages)
    return Origin(
        key,
        shlex.join(_words(result_set, key, records)),
        str(ordered[0].attack_info.get("paper") or ""),
        sorted(records),
        [filename(record) for record in ordered],
        {role: [record.stages.get(role, "") for record in ordered] for role in roles},
    )


def _words(result_set: ResultSet, key: RowKey, records: Mapping[int, Record]) -> Iterator[str]:
    seeds = ",".join(map(str, sorted(records))) + ("," if len(records) == 1 else "")
    info = next(iter(records.values())).attack_info
    attack = key.attack if info.get("audience") else "clean"  # the baselines are part of every grid
    name, *own = attack.split(":")
    yield from ("rbench", "run", "--config", configuration(result_set)[0], "--attacks", attack)
    for option, value in sorted(info.get("config", {}).items()):
        if value is not None and not any(part.startswith(f"{option}=") for part in own):
            yield from ("--set", f"{name}.{option}={value if isinstance(value, str) else json.dumps(value)}")
    yield from ("--modes", key.mode, "--defenses", key.defense, "--seeds", seeds, "--out", "again")
