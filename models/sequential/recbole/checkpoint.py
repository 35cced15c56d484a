"""From a checkpoint of RecBole to a model that can be handed over; its configuration must describe its state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from ....core.checkpoint.read import Checkpoint
from ....core.config import configure
from ....core.errors import UserError, unknown
from ....core.handover.folder import ITEM_TABLE
from ....core.handover.texts import check_text, shown
from ....core.pretrained import Pretrained
from ... import Model, registry
from ..encoder import SequenceEncoder
from ..randomness import seeded

CATEGORY_TABLE = "feature_embed_layer.token_embedding_table.item.embedding.weight"
LARGEST_SIZE = 2**24
"""Of layers and histories; so that products of three sizes can be counted."""


def from_checkpoint(
    found: Checkpoint, where: str, name: str | None = None, given: Mapping[str, object] | None = None
) -> Pretrained:
    """Return a checkpoint's model with the card of one of our victims.

    Args:
        found: What was read.
        where: The file, for messages.
        name: One of our victims; needed if the checkpoint does not say which model of RecBole it is of.
        given: Options of the victim, which stand over those of the checkpoint.

    Raises:
        UserError: If no victim is RecBole's model, or options and state do not fit each other; says where.
    """
    table = found.weights.get(ITEM_TABLE)
    if table is None or table.ndim != 2 or len(table) < 2:
        raise UserError(f"{where} has no {ITEM_TABLE} with a row an item, so it is of no model that can be imported.")
    cls = _victim(found.model, name, where)
    config = configure(cls.Config, {**_options(cls, found, where), **(given or {})}, f"{where}: {cls.name}")
    _check_fit(cls, config, found, where)
    source = f"RecBole's {found.model}" if found.model else "a model's state"
    card = {"model": cls.name, "config": dict(vars(config)), "n_items": len(table) - 1, "imported from": source}
    return Pretrained(found.weights, None, card)


def _victim(theirs: str | None, name: str | None, where: str) -> type[Model[Any]]:
    """Return our victim for RecBole's class, or of the name that was asked for where the file does not say."""
    victims = {cls.name: cls for cls in registry.usable().values() if issubclass(cls, Model) and cls.recbole}
    if name is not None and name not in victims:
        raise unknown("model to import as:", name, victims)
    if theirs is None:
        if name is None:
            raise UserError(f"{where} does not say which model it is of; name it: --model {'|'.join(sorted(victims))}.")
        return victims[name]
    ours = {str(cls.recbole): cls for cls in victims.values()}
    if theirs not in ours:
        raise unknown(f"model of RecBole in {where}:", theirs, ours)
    if name not in (None, ours[theirs].name):
        raise UserError(f"--model {name}: {where} is of RecBole's {theirs}, which is {ours[theirs].name} here.")
    return ours[theirs]


def _options(cls: type[Model[Any]], found: Checkpoint, where: str) -> Mapping[str, object]:
    if found.model is None:
        return {}
    try:
        values: dict[str, object] = cls.Config.from_recbole(found.options)
    except KeyError as error:
        raise UserError(f"{where}: its configuration lacks {error.args[0]}.") from None
    except ValueError as error:
        raise UserError(f"{where}: {error}.") from None
    for name, value in values.items():
        if isinstance(value, str):
            check_text(value, f"{where}: {name}")
        elif not isinstance(value, (int, float)) or not abs(value) < 2**31:
            raise UserError(f"{where}: {name} is {shown(value)}, which is neither text nor a number that is possible.")
    return values


def _check_fit(cls: type[Model[Any]], config: Any, found: Checkpoint, where: str) -> None:
    """Compare names and shapes with those of an empty network, for which no memory is taken."""
    if getattr(config, "n_layers", 0) > len(found.weights):
        raise UserError(f"{where}: n_layers={config.n_layers}, and the state has only {len(found.weights)} arrays.")
    for name, value in vars(config).items():
        if isinstance(value, int) and value > LARGEST_SIZE:
            raise UserError(f"{where}: {name}={value} is larger than any model has it; at most {LARGEST_SIZE}.")
    n_items = len(found.weights[ITEM_TABLE]) - 1
    categories = [_categories(found, n_items, where)] if cls.needs_categories else []
    build: Callable[..., SequenceEncoder] = cls.build
    with seeded(0, "weights"), torch.device("meta"):
        network = build(config, n_items, *categories)
    expected = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    for name in sorted(expected.keys() | found.weights.keys()):
        theirs, ours = found.weights.get(name), expected.get(name)
        if theirs is None or theirs.shape != ours or theirs.dtype != "float32":
            has = "is missing" if theirs is None else f"is of {theirs.dtype} and shape {shown(theirs.shape)}"
            needs = "has no such array" if ours is None else f"needs float32 of shape {ours}"
            raise UserError(f"{where}: {shown(name)} {has}, and {cls.name} with these options {needs}.")


def _categories(found: Checkpoint, n_items: int, where: str) -> Any:
    """Return categories with as many values as the state has rows for."""
    table = found.weights.get(CATEGORY_TABLE)
    if table is None or table.ndim != 2 or len(table) < 2:
        raise UserError(f"{where} has no {CATEGORY_TABLE}: the model must read one feature of items, of type token.")
    categories = np.zeros(n_items + 1, np.int64)
    categories[-1] = len(table) - 1
    return categories
