"""Models from files: they must be the grid's model, over the items of its data."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from typing import Any

from ....attacks.pretrained.file import File
from ....core.config import configure, written
from ....core.errors import UserError
from ....core.handover.folder import read_card, read_item_ids
from ....core.handover.vocabulary import places
from ...stages.setting import Setting
from ...stages.stage import Stage
from ...stages.store import Damaged
from . import kinds


def check_cards(settings: Sequence[Setting]) -> None:
    """Refuse a folder that holds another model than the grid's, or one with other options.

    Raises:
        UserError: Saying what to write instead.
    """
    for setting in settings:
        for variant in setting.attacks:
            if issubclass(variant.cls, File):
                _check_card(variant.path, setting)


def _check_card(path: str, setting: Setting) -> None:
    card, model = read_card(path), setting.model
    if card["model"] != model.name:
        raise UserError(
            f"{path} holds a {card['model']}, and the grid has {model.label}; "
            f"a model from a folder needs a grid of its kind, --models {shlex.quote(card['model'])}."
        )
    config = configure(model.cls.Config, card["config"], f"the card of {path}: {model.name}")
    other = [f.name for f in fields(config) if getattr(config, f.name) != getattr(model.config, f.name)]
    if other:
        given = " ".join(f"--set {model.name}.{name}={written(getattr(config, name))}" for name in other)
        raise UserError(f"{path} holds a {model.name} with other options than the grid's; write {given}.")


def check_files(stages: Iterable[Stage], load: Callable[[str], Any], sources: Mapping[str, str]) -> None:
    """Check, before anything is trained, that models from files know the items of the platform's interactions.

    Args:
        stages: Those that are left to run.
        load: Returns the result of a stage by its id.
        sources: Where stages read files, by their ids.

    Raises:
        UserError: If one knows too few.
    """
    for stage in stages:
        if stage.kind == kinds.PRETRAIN.id and stage.name == File.name:
            path = sources[stage.id]
            with suppress(Damaged):  # the next stage that reads it has it computed again
                places(load(stage.parents["partition"]).platform, read_item_ids(path), path)
