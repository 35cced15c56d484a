"""What the user asked for: methods with their options, data sets, seeds, before any planning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import attacks, datasets, defenses, models
from ..core.config import configure
from ..core.errors import UserError
from . import modes as usage
from .options import SHARED, Sections, check_sections, load_preset, merge, preset_names, shared

BASELINES = ("local", "clean")


@dataclass(frozen=True)
class Variant:
    """A method with options, e.g. ``pea:suppress=0:variant=paper``.

    Attributes:
        label: As tables call it.
        name: The method's registered name.
        cls: Its class.
        config: Its options.
    """

    label: str
    name: str
    cls: Any
    config: Any


@dataclass(frozen=True)
class Setting:
    """All options that hold for one data set and one model.

    Attributes:
        dataset: The data set's spec.
        source: The data set as the user named it, a name or a path.
        data_config: Its options.
        model: The victim.
        attacks: Attack variants, in the order asked for.
        defenses: Defense variants.
        shared: Configurations of the shared sections.
        preset: Name of the preset, or of its file without the folder, for captions.
    """

    dataset: datasets.DatasetSpec
    source: str
    data_config: datasets.DatasetConfig
    model: Variant
    attacks: tuple[Variant, ...]
    defenses: tuple[Variant, ...]
    shared: dict[str, Any]
    preset: str


@dataclass(frozen=True)
class Grid:
    """A run's whole extent."""

    settings: tuple[Setting, ...]
    modes: tuple[str, ...]
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class Request:
    """The command line's words, unread."""

    attacks: Sequence[str] = ("bra", "bra-group", "pea")
    modes: Sequence[str] = ("direct", "ft", "pt")
    datasets: Sequence[str] = ("ml-100k",)
    defenses: Sequence[str] = ("kmeans",)
    models: Sequence[str] = ("sasrec",)
    seeds: Sequence[int] = (0, 1, 2)
    preset: str | None = None
    quick: bool = False
    file: Sections = field(default_factory=dict)
    assignments: Sections = field(default_factory=dict)


def build(request: Request) -> Grid:
    """Resolve every name and option.

    Raises:
        UserError: At the first thing that isn't known or doesn't fit.
    """
    for name in request.modes:
        usage.registry.get(name)
    specs = [datasets.resolve(name) for name in request.datasets]
    names = [spec.name for spec in specs]
    if len(set(names)) < len(names):
        raise UserError(f"--datasets: {', '.join(names)}: two data sets have the same name.")
    known = {
        *SHARED,
        *names,
        *(_name(a) for a in request.attacks),
        *(_name(d) for d in request.defenses),
        *request.models,
    }
    methods = {*attacks.registry.names(), *defenses.registry.names(), *models.registry.names()}
    methods |= set(datasets.registry.names())
    check_sections(request.assignments, known | methods, "--set")
    check_sections(request.file, known | methods, "--config")
    sources = list(zip(specs, request.datasets, strict=True))
    settings = [_setting(request, spec, source, model) for spec, source in sources for model in request.models]
    return Grid(tuple(settings), tuple(request.modes), tuple(request.seeds))


def _setting(request: Request, spec: datasets.DatasetSpec, source: str, model: str) -> Setting:
    preset = request.preset or (spec.name if spec.name in preset_names() else "default")
    layers = [load_preset(preset)] + ([load_preset("quick")] if request.quick else [])
    for layer in layers:
        layer.pop("about", None)  # for people: where the preset's values come from
    sections = merge(*layers, request.file, request.assignments)
    return Setting(
        dataset=spec,
        source=source,
        data_config=spec.configure(sections.get(spec.name, {})),
        model=_variant(models.registry, model, sections),
        attacks=tuple(_variant(attacks.registry, a, sections) for a in request.attacks if a not in BASELINES),
        defenses=tuple(_variant(defenses.registry, d, sections) for d in request.defenses if d != "none"),
        shared={name: shared(sections, name) for name in SHARED},
        preset=Path(preset).name + ("+quick" if request.quick else ""),
    )


def _variant(registry: Any, text: str, sections: Sections) -> Variant:
    """Read ``name:option=value:option=value``; these options stand over all others."""
    name, *parts = text.split(":")
    cls = registry.get(name)
    own = {}
    for part in parts:
        option, equals, value = part.partition("=")
        if not equals:
            raise UserError(f"{registry.kind} {text!r}: write {name}:option=value, options joined by colons.")
        own[option] = value
    label = ":".join([name, *sorted(f"{k}={v}" for k, v in own.items())])
    return Variant(label, name, cls, configure(cls.Config, {**sections.get(name, {}), **own}, name))


def _name(text: str) -> str:
    return text.partition(":")[0]
