"""What the user asked for, with every name and option looked up, before any planning."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ... import attacks, datasets, defenses, models
from ...core.config import configure, files_option, with_checksum
from ...core.errors import UserError, unknown
from ...core.methods import Configured, find
from ...core.registry import Registry
from .. import scenarios
from ..scenarios import Scenario
from ..stages.setting import BASELINES, DEFAULT_SCENARIO, Chain, Grid, Setting, Variant
from ..tables.result_sets import method_name
from .chains import links
from .options import Sections, check_sections, check_used, load_preset, merge, preset_for
from .overlays import WITH, check_overlays, for_model
from .request import Request
from .tuned import Tuned

REGISTRIES: dict[str, Registry[Any]] = {
    "attacks": attacks.registry,
    "defenses": defenses.registry,
    "models": models.registry,
}


@dataclass(frozen=True)
class ScenarioRequest:
    """The part of a request that concerns one scenario; nothing is left open."""

    scenario: Scenario
    attacks: tuple[str, ...]
    modes: tuple[str, ...]
    defenses: tuple[str, ...]
    models: tuple[str, ...]


def default(name: str) -> tuple[str, ...]:
    """Return what a grid takes for ``attacks``, ``datasets``, ... where nothing is named at all; imports no plug-in."""
    return tuple(getattr(Request(), name) or getattr(scenarios.get(DEFAULT_SCENARIO), name))


def build(request: Request) -> Grid:
    """Resolve every name and option.

    Raises:
        UserError: At the first thing that isn't known or doesn't fit.
    """
    requests = list(by_scenario(request))
    specs = [datasets.resolve(name) for name in request.datasets]
    names = [spec.name for spec in specs]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        place = request.datasets[names.index(twice)].removeprefix(f"{twice}=")
        raise UserError(
            f"--datasets: {', '.join(names)}: two data sets have the same name; call one otherwise: other={place}."
        )
    methods = {*attacks.registry.names(), *defenses.registry.names(), *models.registry.names()}
    methods |= set(datasets.registry.names())
    known = {*scenarios.sections(), *names, *methods}
    check_sections(request.assignments, known, "--set")
    check_sections(request.file, {*known, WITH}, "--config")
    _check_overlays(request.file, "--config")
    used = {method_name(text) for part in requests for text in (*part.attacks, *part.models)}
    used |= {method_name(link) for part in requests for text in part.defenses for link in _links(text)}
    used |= {section for part in requests for section in part.scenario.sections}
    check_used(request.assignments, {*used, *names} - {*BASELINES, "none"})
    sources = list(zip(specs, request.datasets, strict=True))
    settings = [
        _setting(request, part, spec, source, model)
        for part in requests
        for spec, source in sources
        for model in part.models
    ]
    return Grid(tuple(settings), tuple(request.seeds))


def by_scenario(request: Request) -> Iterator[ScenarioRequest]:
    """Give each scenario in play its share of what was named, and its own choice of what was not.

    Raises:
        UserError: If a name is unknown, or works in no scenario that is in play.
    """
    everywhere = {mode for scenario in scenarios.every() for mode in scenario.known_modes()}
    # All scenarios are imported by now, and what stands in their own files is known.
    named = {
        "attacks": _by_scenario(attacks.registry, attacks.Attack, request.attacks, BASELINES),
        "defenses": _by_scenario(defenses.registry, defenses.Defense, request.defenses, ("none",), _links),
        "models": _by_scenario(models.registry, models.Recommender, request.models, ()),
    }
    playing = [*named["attacks"], *(named["models"] if not named["attacks"] else ())] or [DEFAULT_SCENARIO]
    for kind, shares in named.items():
        for other in set(shares) - {*playing}:
            takes = [name for scenario in playing for name in _of(REGISTRIES[kind], scenario)]
            raise UserError(
                f"--{kind} {','.join(shares[other])}: works in the scenario {other}, and this grid is in "
                f"{', '.join(playing)}, where --{kind} takes {', '.join(takes) or 'none'}."
            )
    here = {mode for name in playing for mode in scenarios.get(name).known_modes()}
    for mode in request.modes or ():
        if mode not in everywhere:
            raise unknown("mode", mode, everywhere)
        if mode not in here:
            has = f"the scenario {' and '.join(playing)} has only {', '.join(sorted(here))}"
            raise UserError(f"--modes {mode}: {has}.")
    for name in playing:
        scenario = scenarios.get(name)
        modes = tuple(mode for mode in request.modes or scenario.modes if mode in scenario.known_modes())
        yield ScenarioRequest(
            scenario,
            tuple(named["attacks"].get(name, ())) if request.attacks else scenario.attacks,
            modes or scenario.modes,
            tuple(named["defenses"].get(name, ())) if request.defenses else scenario.defenses,
            tuple(named["models"].get(name, ())) or scenario.models,
        )


def _by_scenario(
    registry: Registry[Any],
    kind: type,
    texts: Sequence[str] | None,
    neutral: Sequence[str],
    links: Callable[[str], Sequence[str]] = lambda text: (text,),
) -> dict[str, list[str]]:
    """Sort labels by the scenario of their methods, leaving out names that belong to none; all links must share one."""
    found: dict[str, list[str]] = {}
    for text in texts or ():
        if text not in neutral:
            theirs = {link: _scenario(registry, method_name(link), kind) for link in links(text)}
            (own, *others), first = dict.fromkeys(theirs.values()), next(iter(theirs))
            if others or (len(theirs) > 1 and not scenarios.get(own).chains):
                listed = ", ".join(f"{link} works in {name}" for link, name in theirs.items())
                why = "" if others else ", where defenses do not follow each other"
                raise UserError(f"--defenses {text}: {listed}{why}; write {first} alone.")
            found.setdefault(own, []).append(text)
    return found


def _links(text: str) -> list[str]:
    return links(text, defenses.registry)


def _of(registry: Registry[Any], scenario: str) -> Iterator[str]:
    """Yield the names of a scenario's methods."""
    for name in registry.names():
        with suppress(Exception):  # a third party's module may fail in any way, and then has no scenario
            if registry.get(name).scenario == scenario:
                yield name


def _scenario(registry: Registry[Any], name: str, kind: type) -> str:
    known = scenarios.registry.names()
    scenario: str | None = getattr(find(registry, name, kind), "scenario", None)
    if scenario is None:
        stated = " or ".join(f"scenario = {other!r}" for other in known)
        raise UserError(f"{registry.kind} {name!r} does not say in which scenario it works: {stated}.")
    if scenario not in known:
        raise unknown(f"scenario of {registry.kind} {name!r}:", scenario, known)
    return scenario


def sections_for(request: Request, dataset: str, model: str) -> tuple[dict[str, dict[str, Any]], Tuned]:
    """Return all options that are given for a model on a data set, as yet unread, and for what they were chosen.

    Args:
        request: What was asked for.
        dataset: The data set's name.
        model: The model's name.

    Raises:
        UserError: If there is no such preset, or it is malformed.
    """
    preset = preset_for(dataset, request.preset)
    layers = []
    for name in [preset] + (["quick"] if request.quick else []):
        layer = load_preset(name)
        layer.pop("about", None)  # for people: where the preset's values come from
        _check_overlays(layer, f"the preset {name}", "tuned")
        layers.append(for_model(layer, model))
    tuned = Tuned.take(layers[0])
    return merge(*layers, for_model(request.file, model), request.assignments), tuned


def _check_overlays(layer: Sections, origin: str, *more: str) -> None:
    if WITH in layer:
        sections = {*scenarios.sections(), *attacks.registry.names(), *defenses.registry.names(), *more}
        check_overlays(layer, models.registry.names(), sections, origin)


def _setting(request: Request, part: ScenarioRequest, spec: datasets.DatasetSpec, source: str, model: str) -> Setting:
    sections, tuned = sections_for(request, spec.name, method_name(model))
    preset = preset_for(spec.name, request.preset)
    scenario = part.scenario
    written = [_links(text) for text in part.defenses if text != "none"]
    chains = [Chain(tuple(_variant(scenario, defenses.registry, link, sections) for link in one)) for one in written]
    return Setting(
        dataset=spec,
        source=source,
        data_config=spec.configure(sections.get(spec.name, {})),
        scenario=scenario.name,
        model=_variant(scenario, models.registry, model, sections),
        attacks=_variants(scenario, attacks.registry, part.attacks, sections),
        defenses=tuple(chain.links[0] for chain in chains if len(chain.links) == 1),
        chains=tuple(chain for chain in chains if len(chain.links) > 1),
        sections={name: configure(config, sections.get(name, {}), name) for name, config in scenario.sections.items()},
        modes=part.modes,
        preset=Path(preset).name + ("+quick" if request.quick else ""),
        schedule=tuned.otherwise(method_name(model), spec.name) if scenario.tuning is not None else "",
        rates=tuned.rates_of(method_name(model)) if scenario.tuning is not None else "",
    )


def _variant(scenario: Scenario, registry: Registry[Any], text: str, sections: Sections) -> Variant:
    """Read ``name:option=value:option=value``, or ``name:PATH``; these options stand over all others."""
    name, *parts = text.split(":")
    cls: Any = find(registry, name, *scenario.bases.get(registry.kind, (Configured,)))
    located = files_option(cls.Config)
    own = {}
    for part in parts:
        option, equals, value = part.partition("=")
        if not equals:
            if located is None:
                raise UserError(f"{registry.kind} {text!r}: write {name}:option=value, options joined by colons.")
            option, value = located, part
        own[option] = value
    values, path = with_checksum(cls.Config, {**sections.get(name, {}), **own}, name)
    named = {k: v for k, v in own.items() if k != located}
    label = ":".join([name, *([_file_name(path)] if path else []), *sorted(f"{k}={v}" for k, v in named.items())])
    return Variant(label, name, cls, configure(cls.Config, values, name), path)


def _file_name(path: str) -> str:
    """Return the last part of a path, in which only letters, digits, dots, hyphens and underlines are left."""
    return re.sub(r"[^\w.-]+", "-", Path(path).resolve().name) or "files"


def _variants(
    scenario: Scenario, registry: Registry[Any], texts: Sequence[str], sections: Sections
) -> tuple[Variant, ...]:
    """Return the methods of these texts, each once, baselines left out.

    Raises:
        UserError: As for one of them, or if two with different files would be called the same.
    """
    by_label: dict[str, Variant] = {}
    for text in texts:
        if text in (*BASELINES, "none"):
            continue
        variant = _variant(scenario, registry, text, sections)
        known = by_label.setdefault(variant.label, variant)
        if known.config != variant.config:
            raise UserError(f"{known.path} and {variant.path} would both be called {known.label}; rename one.")
    return tuple(by_label.values())
