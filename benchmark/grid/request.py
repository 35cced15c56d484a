"""The user's words, from a command line or from Python, as one request for a grid."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...core.errors import UserError
from ...core.toml import read_toml
from .options import Sections, merge, parse_assignments

LISTS = ("attacks", "modes", "datasets", "defenses", "models")
WORDS = (*LISTS, "seeds", "preset", "config", "quick", "options")

MOST_SEEDS = 1000
"""How many may be asked for by their number: above it, a seed was meant."""
LARGEST_SEED = 2**63 - 1
"""What a frame's column of whole numbers holds."""


@dataclass(frozen=True)
class Request:
    """What was asked for, no name of it looked up; None leaves the choice to the scenario."""

    attacks: Sequence[str] | None = None
    modes: Sequence[str] | None = None
    datasets: Sequence[str] = ("ml-100k",)
    defenses: Sequence[str] | None = None
    models: Sequence[str] | None = None
    seeds: Sequence[int] = (0, 1, 2)
    preset: str | None = None
    quick: bool = False
    file: Sections = field(default_factory=dict)
    assignments: Sections = field(default_factory=dict)


def read_request(given: Mapping[str, Any]) -> Request:
    """Read words by their names on the command line, ``options`` being those of ``--set``.

    Lists are names joined by commas or sequences of names, seeds a number or a list, options
    ``section.option=value`` texts or mappings. What is absent or None was not given.

    Raises:
        UserError: If one of them, or the file of --config, cannot be read.
    """
    given = {name: given.get(name) for name in WORDS}
    file = read_toml(Path(given["config"])) if given["config"] else {}
    grid = file.pop("grid", {})
    known = {*LISTS, "seeds", "preset", "quick"}
    if not isinstance(grid, dict) or (strange := set(grid) - known):
        names = ", ".join(sorted(strange)) if isinstance(grid, dict) else repr(grid)
        raise UserError(f"{given['config']}: [grid] does not know {names}; it has {', '.join(sorted(known))}.")
    if astray := [name for name in file if name in known]:
        raise UserError(f"{given['config']}: {', '.join(astray)} belongs under a line [grid].")
    for name, kind, example in (("preset", str, '"paper"'), ("quick", bool, "true")):
        if not isinstance(grid.get(name, kind()), kind):
            raise UserError(f"{given['config']}: [grid] {name} = {grid[name]!r}; write, e.g., {name} = {example}.")
    values: dict[str, Any] = {}
    for name in LISTS:
        listed = given[name] if given[name] is not None else grid.get(name)
        if listed is not None:
            values[name] = _names(listed, name)
    quick = given["quick"] or grid.get("quick", False)
    seeds = given["seeds"] if given["seeds"] is not None else grid.get("seeds", "1" if quick else "3")
    preset = given["preset"] or grid.get("preset")
    return Request(
        **values,
        seeds=_seeds(seeds),
        preset=None if preset is None else str(preset),
        quick=quick,
        file=file,
        assignments=read_assignments(given["options"]),
    )


def read_assignments(options: Mapping[str, Any] | Iterable[str] | None) -> dict[str, dict[str, Any]]:
    """Turn what is given to --set into sections.

    Args:
        options: ``section.option=value`` texts, or a mapping of ``section.option`` to value or of a section
            to a mapping of its options, e.g. ``{"bra.rate": 0.3}`` or ``{"bra": {"rate": 0.3}}``.

    Raises:
        UserError: If one has another form.
    """
    if not isinstance(options, Mapping):
        return merge(parse_assignments([options] if isinstance(options, str) else options or ()))
    layers = []
    for path, value in options.items():
        section, _, option = path.rpartition(".")
        if not isinstance(value, Mapping) and not (section and option):
            raise UserError(f"--set {path}={value}: write section.option=value, e.g. --set bra.rate=0.3.")
        layers.append({path: value} if isinstance(value, Mapping) else {section: {option: value}})
    return merge(*layers)


def _names(value: Any, name: str) -> tuple[str, ...]:
    value = os.fspath(value) if isinstance(value, os.PathLike) else value
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, (list, tuple)):
        raise UserError(f"--{name} {value}: write names joined by commas.")
    names = tuple(dict.fromkeys(str(part).strip() for part in parts if str(part).strip()))
    if not names:
        alone = {"attacks": ", or clean for the baselines alone", "defenses": ", or none"}.get(name, "")
        raise UserError(f"--{name} is empty; name at least one{alone}.")
    return names


def _seeds(value: Any) -> tuple[int, ...]:
    many = isinstance(value, Iterable) and not isinstance(value, str)
    parts = list(value) if many else [part for part in str(value).split(",") if part.strip()]
    shown = "''" if isinstance(value, str) and not value else value
    listed = many or "," in str(value)
    wrong = UserError(f"--seeds {shown}: write how many, or whole numbers joined by commas.")
    try:
        numbers = [int(str(part)) for part in parts]
    except ValueError:
        raise wrong from None
    if not numbers and not listed:
        raise wrong
    if not listed and numbers[0] > MOST_SEEDS:
        raise UserError(
            f"--seeds {shown} would be {shown} seeds, and the most is {MOST_SEEDS}; "
            f"for the one seed {shown} write --seeds {shown}, with a comma after it."
        )
    seeds = tuple(dict.fromkeys(numbers)) if listed else tuple(range(numbers[0]))
    if not seeds or min(seeds) < 0:
        raise UserError(f"--seeds {shown}: at least one is needed, and none below 0.")
    if max(seeds) > LARGEST_SEED:
        raise UserError(f"--seeds {shown}: a seed is at most {LARGEST_SEED}.")
    return seeds
