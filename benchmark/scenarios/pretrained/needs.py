"""What attacks, models and modes need of the data, refused at once where options say that the data lack it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from .... import models
from ....core.errors import UserError
from ...stages.setting import Setting
from . import modes
from .prompts import SECTION, methods_of


def check_needs(settings: Sequence[Setting]) -> None:
    """Refuse what needs categories or attributes, where the data sets' options already say that there are none.

    Data whose options leave it open are looked at when they are read; see :mod:`.checks`.

    Args:
        settings: Those of one grid.

    Raises:
        UserError: Naming what needs what, and what to write instead.
    """
    readers: dict[str, list[str]] = {}
    for setting in settings:
        lacking, name = setting.dataset.open(setting.data_config).lacks(), setting.dataset.name
        if "categories" in lacking:
            refuse_categories([v.label for v in setting.attacks if needs_categories(v.config)], name)
            if getattr(setting.model.cls, "needs_categories", False):
                readers.setdefault(name, []).append(setting.model.label)
        if "attributes" in lacking:
            named = {**{v.label: v.cls for v in setting.attacks}, **{m: modes.registry.get(m) for m in setting.modes}}
            refuse_prompts([label for label, cls in named.items() if SECTION in cls.sections], name)
    for name, labels in readers.items():
        models.refuse_readers(sorted(labels), name)


def check_products(settings: Sequence[Setting]) -> None:
    """Refuse repairs that need products of states with the item table, where a model has scores of its own.

    Args:
        settings: Those of one grid.

    Raises:
        UserError: Naming both.
    """
    without = {setting.model.name: setting for setting in settings if setting.model.cls.has_products is False}
    for setting in list(without.values())[:1]:  # defenses are the same for all models
        defenses = methods_of(setting)["defenses"].items()
        if needing := [label for label, cls in defenses if getattr(cls, "needs_products", False)]:
            verb = "needs" if len(needing) == 1 else "need"
            raise UserError(
                f"{', '.join(sorted(needing))} {verb} scores that are products with the item table, and those of "
                f"{' and '.join(without)} are not; leave out such defenses or such models."
            )


def needs_categories(config: object) -> bool:
    """Tell whether an attack with these options needs items' categories."""
    return bool(getattr(config, "needs_categories", False))


def refuse_categories(attacks: Collection[str], data: str) -> None:
    """Refuse attacks that need categories, if there are any.

    Raises:
        UserError: If there are.
    """
    if attacks:
        first = sorted(attacks)[0]
        raise UserError(
            f"{', '.join(sorted(attacks))}: with similarity=category a label gives way to a target item of its own "
            f"category, and the items of {data} have none; write {first}:similarity=any, or name the column of "
            f"categories, --set {data}.category=COLUMN."
        )


def refuse_prompts(names: Collection[str], data: str) -> None:
    """Refuse attacks and modes that make prompts from attributes, if there are any.

    Raises:
        UserError: If there are.
    """
    if names:
        raise UserError(
            f"{', '.join(sorted(names))} would make prompts from users' attributes, and {data} has none; leave out "
            "such attacks and modes, or give the data attributes."
        )
