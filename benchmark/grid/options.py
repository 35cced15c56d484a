"""Options from every source, in one order: defaults, preset, --quick, configuration file, --set."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from ...core.errors import UserError, unknown
from ...core.toml import read_toml

Sections = Mapping[str, Mapping[str, Any]]

PRESETS = Path(__file__).parent / "presets"


def preset_names() -> list[str]:
    """Return the presets that come with the package."""
    return sorted(path.stem for path in PRESETS.glob("*.toml"))


def preset_for(dataset: str, chosen: str | None) -> str:
    """Return the preset to take: the chosen one, or else that of the data set's name, or else ``default``."""
    return chosen or (dataset if dataset in preset_names() else "default")


def load_preset(name: str) -> dict[str, Any]:
    """Read a preset by name, or a TOML file of the same form by path.

    Raises:
        UserError: If there is none of that name, or the file is no TOML.
    """
    if name in preset_names():
        return read_toml(PRESETS / f"{name}.toml")
    if name.endswith(".toml"):
        return read_toml(Path(name))
    raise unknown("preset", name, preset_names(), "A path to a .toml file is accepted too.")


def parse_assignments(texts: Iterable[str]) -> dict[str, dict[str, str]]:
    """Turn ``section.option=value`` texts, as given to --set, into sections.

    Raises:
        UserError: If a text has another form.
    """
    sections: dict[str, dict[str, str]] = {}
    for text in texts:
        path, equals, value = text.partition("=")
        section, dot, option = path.rpartition(".")
        if not (equals and dot and section and option):
            raise UserError(f"--set {text}: write section.option=value, e.g. --set bra.rate=0.3.")
        sections.setdefault(section, {})[option] = value
    return sections


def merge(*layers: Sections) -> dict[str, dict[str, Any]]:
    """Lay later layers over earlier ones, option by option.

    Raises:
        UserError: If a section is no table.
    """
    merged: dict[str, dict[str, Any]] = {}
    for layer in layers:
        for section, options in layer.items():
            if not isinstance(options, Mapping):
                raise UserError(f"[{section}] should be a table of options, not {options!r}.")
            merged.setdefault(section, {}).update(options)
    return merged


def check_sections(sections: Sections, known: Iterable[str], origin: str) -> None:
    """Check that every section is read by something.

    Raises:
        UserError: Naming the nearest section.
    """
    for section in sections:
        if section not in known:
            raise unknown(f"section in {origin}:", section, known)


def check_used(assignments: Sections, used: Collection[str]) -> None:
    """Check that what --set gives concerns this grid; a file may serve many grids, and is not checked.

    Raises:
        UserError: Naming the option, and what it could have been given to.
    """
    for section, options in assignments.items():
        if section not in used:
            raise UserError(
                f"--set {section}.{next(iter(options))}: {section} is not in this grid, and nothing would read it; "
                f"what can be set: {', '.join(sorted(used))}."
            )
