"""What stands under tables of any scenario, as raw text: seeds, targets, short rows, the whole protocol."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator

from ...core.records.record import Record
from .result_sets import ResultSet, RowKey

HOLM = "Holm over the column's attacks"
INTERVALS = (
    "Mean [95% interval] over seeds: by Student's t, of ratios geometric and on logarithms, of fractions and "
    "percentages on the logit; the mean alone where all seeds are the same, or there is only one."
)
Note = Callable[[Iterable[Record]], str]


def subject(result_set: ResultSet) -> str:
    """Return what a result set is about: data set, victim and protocol."""
    return f"{result_set.dataset} · {result_set.model} · protocol {result_set.digest}"


def protocol(result_set: ResultSet, note: Note) -> list[str]:
    """Return the lines of the whole protocol, with the attacks' options and the software."""
    values = ((k, v if isinstance(v, str) else json.dumps(v)) for k, v in sorted(result_set.protocol.items()))
    lines = [f"{key} = {value}" for key, value in values]
    lines += [f"attack {text}" for text in _attacks(result_set, note)]
    return [*lines, f"software: {_versions(result_set)}"]


def stated(result_set: ResultSet, names: Iterable[str]) -> str:
    """Return those of the protocol's entries that a reader has to know at once."""
    found = [f"{name}: {result_set.protocol[name]}" for name in names if name in result_set.protocol]
    return "; ".join(found) or "not stated"


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
    span = f"{min(counts)} to {max(counts)} interactions each"
    if min(counts) == max(counts):
        span = f"{counts[0]} interaction{'s' if counts[0] != 1 else ''} each"
    return f"{' or '.join(map(str, sizes))} target item{'s' if sizes != [1] else ''} with {span}."


def data_notes(records: Iterable[Record]) -> list[str]:
    """Return what records say of their data that a reader has to know, a sentence each."""
    told = (note for record in records for note in record.log.get("dataset", {}).get("notes", ()))
    return list(dict.fromkeys(told))


def about_data(result_set: ResultSet) -> str:
    """Return :func:`data_notes` of a result set as one text, empty where there is nothing to know."""
    told = data_notes(record for row in result_set.rows.values() for record in row.values())
    return f"The data: {' '.join(told)}" if told else ""


def uneven(result_set: ResultSet) -> list[str]:
    """Return a sentence for each row that has fewer seeds than the result set's best-supplied one."""
    every = {seed for records in result_set.rows.values() for seed in records}
    return [
        f"{_name(key)}: {len(records)} of {len(every)} seeds, without "
        f"{', '.join(map(str, sorted(every - {*records})))}."
        for key, records in result_set.rows.items()
        if len(records) < len(every)
    ]


def _name(key: RowKey) -> str:
    parts = (key.attack, key.mode, key.defense if key.defense != "none" else "")
    return " · ".join(part for part in parts if part)


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
