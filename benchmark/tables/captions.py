"""What stands under tables of any scenario: seeds, targets, the whole protocol."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator

from ...core.record import Record
from .markdown import escape, flat
from .result_sets import ResultSet

HOLM = "Holm over the column's attacks"
Note = Callable[[Iterable[Record]], str]


def protocol(result_set: ResultSet, note: Note) -> list[str]:
    """Return the whole protocol, the attacks' options and the software, as a block of plain lines."""
    values = ((k, v if isinstance(v, str) else json.dumps(v)) for k, v in sorted(result_set.protocol.items()))
    lines = [f"{key} = {value}" for key, value in values]
    lines += [f"attack {text}" for text in _attacks(result_set, note)]
    lines.append(f"software: {_versions(result_set)}")
    plain = [flat(line).replace("`", "'") for line in lines]
    return [f"Protocol {result_set.digest} in full, and how each attack was set:", "", "```text", *plain, "```", ""]


def seeds(result_set: ResultSet) -> str:
    """Return how many seeds the result set has, and which."""
    found = sorted({seed for row in result_set.rows.values() for seed in row})
    return f"{len(found)} seed{'s' if len(found) != 1 else ''} ({', '.join(map(str, found))})."


def targets(result_set: ResultSet) -> str:
    """Return how many target items there are and how popular they were, or nothing where there are none."""
    records = [record for row in result_set.rows.values() for record in row.values() if record.targets]
    if not records:
        return ""
    sizes = sorted({len(record.targets) for record in records})
    counts = [target["popularity"] for record in records for target in record.targets]
    span = f"{escape(min(counts))} to {escape(max(counts))} interactions each"
    if min(counts) == max(counts):
        span = f"{escape(counts[0])} interaction{'s' if counts[0] != 1 else ''} each"
    return f"{' or '.join(map(str, sizes))} target item{'s' if sizes != [1] else ''} with {span}."


def _attacks(result_set: ResultSet, note: Note) -> Iterator[str]:
    """Yield every attack's options and the scenario's note on it."""
    seen = set()
    for key, row in result_set.rows.items():
        info = next(iter(row.values())).attack_info
        if key.attack in seen or not info.get("audience"):
            continue
        seen.add(key.attack)
        options = ", ".join(f"{name}={json.dumps(value)}" for name, value in sorted(info.get("config", {}).items()))
        yield f"{key.attack}: {options}{note(row.values())} ({info.get('paper') or 'no source stated'})"


def _versions(result_set: ResultSet) -> str:
    found: dict[str, set[str]] = {}
    for row in result_set.rows.values():
        for record in row.values():
            for name, version in record.versions.items():
                found.setdefault(name, set()).add(str(version))
    text = "; ".join(f"{n} {' and '.join(sorted(v))}" for n, v in sorted(found.items()))
    return text or "not stated"
