"""Methods that put prompts before sequences do not go together with models that take none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .... import models
from ....core.errors import UserError
from ...stages.setting import Setting
from . import modes

SECTION = "prompt"
"""The section of options that whatever makes prompts names."""
NEUTRAL = {"attacks": "clean", "modes": "direct", "defenses": "none"}
"""What to write where nothing is left."""


def check_prompts(settings: Sequence[Setting]) -> None:
    """Refuse attacks, modes and defenses that need prompts, where a model takes none.

    Args:
        settings: Those of one grid.

    Raises:
        UserError: Naming both, and what to write instead.
    """
    without = {setting.model.name: setting for setting in settings if not setting.model.cls.takes_prompts}
    needing: list[str] = []
    instead: list[str] = []
    for setting in list(without.values())[:1]:  # attacks, modes and defenses are the same for all models
        for kind, methods in methods_of(setting).items():
            refused = [label for label, cls in methods.items() if SECTION in cls.sections]
            if refused:
                needing += refused
                left = [label for label in methods if label not in refused]
                instead.append(f"--{kind} {','.join(left) or NEUTRAL[kind]}")
    if needing:
        usable = models.registry.usable().items()
        taking = [name for name, cls in usable if issubclass(cls, models.Model) and cls.takes_prompts]
        raise UserError(
            f"{', '.join(needing)} {'needs' if len(needing) == 1 else 'need'} prompts, and "
            f"{' and '.join(without)} {'takes' if len(without) == 1 else 'take'} none; leave out such models, or write "
            f"{' '.join(instead)} (models that take prompts: {', '.join(sorted(taking))})."
        )


def methods_of(setting: Setting) -> dict[str, dict[str, Any]]:
    """Return the classes of a setting's attacks, modes and defenses by label."""
    return {
        "attacks": {variant.label: variant.cls for variant in setting.attacks},
        "modes": {name: modes.registry.get(name) for name in setting.modes},
        "defenses": {link.label: link.cls for chain in setting.defended for link in chain.links},
    }
