"""All that holds for one data set and one victim, every name and option resolved."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from ... import datasets

BASELINES = ("local", "clean")
DEFAULT_SCENARIO = "pretrained"
"""The scenario of a grid that names no attack and no model, and of what was written before there were others."""


def scenario_of(protocol: Mapping[str, Any]) -> str:
    """Return the name of a protocol's scenario, or that of a file of claims."""
    return str(protocol.get("scenario", DEFAULT_SCENARIO))


@dataclass(frozen=True)
class Variant:
    """A method with options, e.g. ``pea:suppress=0:variant=paper``.

    Attributes:
        label: As tables call it.
        name: The method's registered name.
        cls: Its class.
        config: Its options.
        path: Where files lie that its options name, as the user gave it; empty if they name none.
    """

    label: str
    name: str
    cls: Any
    config: Any
    path: str = ""


@dataclass(frozen=True)
class Chain:
    """Defenses that act one after the other; a single one is a chain too.

    Attributes:
        links: The defenses, in their order.
    """

    links: tuple[Variant, ...]

    @property
    def label(self) -> str:
        """As tables call it, e.g. ``prompt-probe+reestimate``."""
        return "+".join(link.label for link in self.links)


@dataclass(frozen=True)
class Setting:
    """All options that hold for one data set and one model.

    Attributes:
        dataset: The data set's spec.
        source: The data set as the user named it, a name or a path.
        data_config: Its options.
        scenario: Name of the scenario that its attacks, defenses and model belong to.
        model: The victim.
        attacks: Attack variants, in the order asked for.
        defenses: Defense variants that act alone.
        sections: Configurations of the sections of options that belong to no method.
        modes: How the model is used.
        preset: Name of the preset, or of its file without the folder, for captions.
        schedule: For which other model or data the preset's schedules were chosen, for captions; else empty.
        rates: With which other model its attacks' rates were chosen, for captions; else empty.
        chains: Defenses that act one after the other.
    """

    dataset: datasets.DatasetSpec
    source: str
    data_config: datasets.DatasetConfig
    scenario: str
    model: Variant
    attacks: tuple[Variant, ...]
    defenses: tuple[Variant, ...]
    sections: dict[str, Any]
    modes: tuple[str, ...]
    preset: str
    schedule: str = ""
    rates: str = ""
    chains: tuple[Chain, ...] = ()

    @property
    def defended(self) -> tuple[Chain, ...]:
        """All defenses, those that act alone as chains of one link."""
        return (*(Chain((variant,)) for variant in self.defenses), *self.chains)

    @property
    def note(self) -> str:
        """What to say to whoever runs it, empty if there is nothing."""
        said = [f"the schedules of the preset {self.preset} were {self.schedule}"] * bool(self.schedule)
        said += [f"the attacks' rates of the preset {self.preset} were {self.rates}"] * bool(
            self.rates and self.attacks
        )
        if not said:
            return ""
        search = f"rbench tune {shlex.quote(self.source)} --models {self.model.name} searches its own"
        return f"Note: {self.model.label} on {self.dataset.name}: {'; '.join(said)}; {search}."

    @property
    def methods(self) -> tuple[Variant, ...]:
        """All attacks and defenses."""
        return (*self.attacks, *self.defenses, *(link for chain in self.chains for link in chain.links))

    def given(self) -> dict[str, dict[str, Any]]:
        """Return the options of the model, its attacks and defenses and all sections that are not at their defaults."""
        configs = {self.dataset.name: self.data_config, **self.sections, self.model.name: self.model.config}
        configs |= {variant.label: variant.config for variant in self.methods}
        changed = {
            name: {f.name: value for f in fields(config) if (value := getattr(config, f.name)) != f.default}
            for name, config in configs.items()
        }
        return {name: options for name, options in changed.items() if options}


@dataclass(frozen=True)
class Grid:
    """A run's whole extent."""

    settings: tuple[Setting, ...]
    seeds: tuple[int, ...]
