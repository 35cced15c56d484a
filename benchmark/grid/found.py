"""A preset's text, from what a search found for one model or several."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ...core.toml import toml_section
from ..stages.setting import Setting
from .options import Sections, merge
from .overlays import WITH


@dataclass(frozen=True)
class Found:
    """What holds for one model after a search.

    Attributes:
        setting: The grid's setting in which it was searched.
        held: Options that were not searched, by section.
        rates: With which model rates were chosen that were not searched, or ``none``; None: they were searched.
        chosen: Options that were chosen, by section.
    """

    setting: Setting
    held: Sections
    rates: str | None
    chosen: Sections

    @property
    def tuned(self) -> dict[str, str]:
        """The section ``[tuned]``."""
        said = {"model": self.setting.model.name, "dataset": self.setting.dataset.name}
        return said if self.rates is None else said | {"rates": self.rates}

    @property
    def options(self) -> dict[str, dict[str, Any]]:
        """All of its options."""
        return merge(self.held, self.chosen)


def preset_lines(found: Sequence[Found], trials: str) -> Iterator[str]:
    """Yield a preset: its own options are the first model's, ``[with.MODEL]`` has those of each other.

    Args:
        found: What was found for each model, on one data set.
        trials: Name of the file that holds the trials.
    """
    first, *others = found
    about = f"Found by rbench tune on {first.setting.dataset.name}; what each trial gave: {trials}"
    yield f"about = {json.dumps(about)}"  # a folder's name may hold quotes
    for section, options in {"tuned": first.tuned, **first.options}.items():
        yield from toml_section(options, section)
    for other in others:
        name = other.setting.model.name
        overlay = _overlay(first.options, other)
        if name in overlay:
            yield from toml_section(overlay.pop(name), name)
        for section, options in {"tuned": {"rates": name, **other.tuned}, **overlay}.items():
            yield from toml_section(options, WITH, name, section)
    yield ""


def _overlay(under: Sections, model: Found) -> dict[str, dict[str, Any]]:
    """Return what was chosen for a model, its own options, and what else differs from ``under``."""
    ours = model.options
    configs = {**model.setting.sections, **{variant.name: variant.config for variant in model.setting.attacks}}
    for section, config in configs.items():
        for option in under.get(section, {}):
            ours.setdefault(section, {}).setdefault(option, getattr(config, option))
    own = model.setting.model.name
    differing = {
        section: {
            option: value
            for option, value in options.items()
            if section == own
            or option in model.chosen.get(section, {})
            or under.get(section, {}).get(option, under) != value
        }
        for section, options in ours.items()
    }
    return {section: options for section, options in differing.items() if options}
