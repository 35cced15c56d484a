"""The record of one cell of the grid: all that a leaderboard is made from, one JSON file each."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, NoReturn

from ..errors import UserError
from . import indented

SCHEMA = 1
_NUMBERS, _INFINITE = {int, float, type(None)}, {math.inf, -math.inf}
Metrics = Mapping[str, Mapping[str, float | None]]


@dataclass(frozen=True, order=True)
class Cell:
    """Where a record stands in the grid.

    Attributes:
        dataset: The data set's name.
        model: The victim's name.
        attack: A label: ``local``, ``clean``, or an attack with its options, e.g. ``pea:suppress=0.5``.
        mode: How the platform uses the model, e.g. ``direct``, ``ft``, ``pt``.
        defense: ``none``, or a defense's label.
        seed: The repetition; cells with the same seed share data, partition and targets.
    """

    dataset: str
    model: str
    attack: str
    mode: str
    defense: str
    seed: int


@dataclass(frozen=True)
class Record:
    """What came out of one cell.

    Attributes:
        cell: Its place in the grid.
        status: ``done`` or ``failed``.
        protocol: Flat; whatever must agree for two records to stand in one table.
        error: Why it failed, else None.
        attack_info: ``audience`` (``all``, ``group`` or None), ``config`` and ``paper``.
        targets: The target items: raw id under ``item``, interactions under ``popularity``.
        metrics: Audience (``all``, ``target``, ``non-target``) to metric to value; None where undefined.
        chance: The same for a uniformly random ranking.
        user_tests: Audience to metric to ``n``, ``mean_difference``, ``t``, ``p`` of the test paired by user
            against Clean in the same mode.
        log: What training reported: epochs, effective poison rate, validation accuracy.
        stages: Role to stage id: the planned ones, run or not, so that a retried cell keeps its file name.
        versions: Software to version.
    """

    cell: Cell
    status: str
    protocol: Mapping[str, Any]
    error: str | None = None
    attack_info: Mapping[str, Any] = field(default_factory=dict)
    targets: list[dict[str, Any]] = field(default_factory=list)
    metrics: Metrics = field(default_factory=dict)
    chance: Metrics = field(default_factory=dict)
    user_tests: Mapping[str, Mapping[str, Mapping[str, float | None]]] = field(default_factory=dict)
    log: Mapping[str, Any] = field(default_factory=dict)
    stages: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)


_KEYS = ["schema", *(f.name for f in fields(Record))]
_CELL_KEYS = [f.name for f in fields(Cell)]


def filename(record: Record) -> str:
    """Return the record's file name: a readable slug, then a hash of cell, stages and protocol."""
    cell = record.cell
    names = (cell.dataset, cell.model, cell.attack, cell.mode, cell.defense)
    digest = hashlib.sha256(_dump([(*names, cell.seed), record.stages, record.protocol])).hexdigest()[:12]
    return "-".join([*map(_slug, names), f"s{cell.seed}", digest]) + ".json"


def to_bytes(record: Record) -> bytes:
    """Encode canonically; numbers that are not finite become null."""
    raw = {"schema": SCHEMA, **vars(record), "cell": vars(record.cell)}
    return indented.dumps(_plain(raw)).encode("ascii") + b"\n"


def from_bytes(data: bytes, name: str) -> Record:
    """Read what :func:`to_bytes` wrote.

    Args:
        data: The file's content.
        name: The file's name, for messages.

    Raises:
        UserError: If this is no record of our schema; names the file.
    """
    try:
        raw = json.loads(data, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{name} is not a record: {error}; if it is damaged, delete it and run again.") from None
    if not isinstance(raw, dict) or raw.get("schema") != SCHEMA:
        found = raw.get("schema", "none") if isinstance(raw, dict) else "none"
        raise UserError(f"{name} is not a record of schema {SCHEMA} (schema found: {found}).")
    _same_keys(raw, _KEYS, name)
    del raw["schema"]
    if wrong := [key for key, value in raw.items() if not _fits(key, value)]:
        raise UserError(f"{name} is a malformed record: {', '.join(wrong)} cannot be read.")
    _same_keys(raw["cell"], _CELL_KEYS, f"{name}: cell")
    cell = Cell(**raw.pop("cell"))
    if [type(getattr(cell, key)) for key in _CELL_KEYS] != [str, str, str, str, str, int]:
        raise UserError(f"{name} is a malformed record: cell should hold names and a whole-number seed.")
    return Record(cell=cell, **raw)


def _fits(key: str, value: object) -> bool:
    match key:
        case "status":
            return value in ("done", "failed")
        case "error":
            return value is None or isinstance(value, str)
        case "targets":
            return isinstance(value, list) and all(
                isinstance(t, dict) and "item" in t and type(t.get("popularity")) is int for t in value
            )
        case "attack_info":
            return isinstance(value, dict) and value.get("audience") in ("all", "group", None)
        case "metrics" | "chance":
            return _nested(value, 2)
        case "user_tests":
            return _nested(value, 3)
    return isinstance(value, dict)


def _nested(value: object, depth: int) -> bool:
    if not isinstance(value, dict):
        return False
    if depth > 1:
        return all(_nested(inner, depth - 1) for inner in value.values())
    numbers = value.values()  # many: a look at each by itself would take most of the time of reading
    return _NUMBERS.issuperset(map(type, numbers)) and _INFINITE.isdisjoint(numbers)


def _same_keys(found: Mapping[str, object], expected: list[str], name: str) -> None:
    if missing := [key for key in expected if key not in found]:
        raise UserError(f"{name} is a malformed record: it lacks {', '.join(missing)}.")
    if extra := sorted(set(found) - set(expected)):
        raise UserError(f"{name} is a malformed record: {', '.join(extra)} has no place in schema {SCHEMA}.")


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9.=_]+", "-", name)[:32].strip("-.") or "x"


def _dump(value: object) -> bytes:
    # ASCII, because folder names may hold bytes that are no UTF-8 and come as lone surrogates
    return json.dumps(_plain(value), sort_keys=True, allow_nan=False).encode("ascii")


def _plain(value: Any) -> Any:
    if value is None or type(value) in (str, int, bool):
        return value
    if type(value) is float:
        return value if math.isfinite(value) else None
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
