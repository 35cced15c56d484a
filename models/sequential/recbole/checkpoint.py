"""From a checkpoint of RecBole to a model that can be handed over; its configuration must describe its state."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch.nn.modules.module import register_module_parameter_registration_hook

from ....core.checkpoint.read import Checkpoint
from ....core.config import configure
from ....core.errors import UserError, unknown
from ....core.handover.folder import ITEM_TABLE
from ....core.handover.texts import check_text, shown
from ....core.pretrained import Pretrained
from ... import Model, registry
from ..encoder import SequenceEncoder
from ..randomness import seeded
from .abilities import read_options, table
from .states import Arrays, renamed

ANY = "*"
"""As ``Model.recbole``: any class that no other victim names."""
CATEGORY_TABLE = "feature_embed_layer.token_embedding_table.item.embedding.weight"
LARGEST_SIZE = 2**24
"""Of layers; so that products of three sizes can be counted."""
MOST = {"max_length": 2**12, **dict.fromkeys(("n_layers", "num_layers", "block_num", "step"), 64)}
"""The largest values of options that shapes need not show, or for each of which layers are built one by one."""


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
        UserError: If no victim is RecBole's model, options and state do not fit each other, or the model scores by a
            table of users; says where.
    """
    cls = _victim(found.model, name, where)
    given = given or {}
    config = configure(cls.Config, {**_options(cls, found, where), **given}, f"{where}: {cls.name}")
    theirs = config.model if cls.recbole == ANY else str(cls.recbole)
    if not theirs:
        raise UserError(f"{where}: name RecBole's model too: --set {cls.name}.model=NAME.")
    weights = renamed(theirs, found.weights)
    items = weights.get(ITEM_TABLE)
    if items is None or items.ndim != 2 or len(items) < 2 or not items.size:
        raise UserError(f"{where} has no {ITEM_TABLE} with a row an item, so it is of no model that can be imported.")
    if hasattr(config, "padding") and "padding" not in given and table()[theirs].padding and items[0].any():
        config = replace(config, padding="kept")
    check_fit(cls, config, weights, where)
    source = f"RecBole's {found.model}" if found.model else "a model's state"
    card = {"model": cls.name, "config": dict(vars(config)), "n_items": len(items) - 1, "imported from": source}
    return Pretrained(weights, None, card)


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
        if theirs not in table():
            raise unknown(f"model of RecBole in {where}:", theirs[:60], {*ours, *table()} - {ANY})
        if why := table()[theirs].refused:
            raise UserError(f"{where}: RecBole's {theirs} cannot be imported: {why}")
    victim = ours.get(theirs) or ours[ANY]
    if name not in (None, victim.name):
        raise UserError(f"--model {name}: {where} is of RecBole's {theirs}, which is {victim.name} here.")
    return victim


def _options(cls: type[Model[Any]], found: Checkpoint, where: str) -> Mapping[str, object]:
    if found.model is None:
        return {}
    try:
        values: dict[str, object] = cls.Config.from_recbole({**found.options, "model": found.model})
    except KeyError as error:
        raise UserError(f"{where}: its configuration lacks {error.args[0]}.") from None
    except ValueError as error:
        raise UserError(f"{where}: {error}.") from None
    for name, value in values.items():
        if isinstance(value, str):
            check_text(value, f"{where}: {name}")
        elif not isinstance(value, (int, float, tuple)) or (not isinstance(value, tuple) and not abs(value) < 2**31):
            raise UserError(f"{where}: {name} is {shown(value)}, which is neither text nor a number that is possible.")
    return values


def check_fit(cls: type[Model[Any]], config: Any, weights: Arrays, where: str) -> None:
    """Compare names and shapes of a state with those of an empty network, for which no memory is taken.

    Raises:
        UserError: If they differ, an option is larger than any model has it, or a table has a row for each user.
    """
    for name, value, most in _sizes(cls, config):
        if not 1 <= value <= most:
            what = "below 1" if value < 1 else f"larger than any model has it; at most {most}"
            raise UserError(f"{where}: {name}={value} is {what}.")
    n_items = len(weights[ITEM_TABLE]) - 1
    categories = [_categories(weights, n_items, where)] if cls.needs_categories else []
    build: Callable[..., SequenceEncoder] = cls.build
    try:
        with seeded(0, "weights"), torch.device("meta"), _at_most(4 * len(weights) + 100):
            network = build(config, n_items, *categories)
    except (ValueError, AssertionError, RuntimeError) as error:  # RecBole's, of options that exclude each other
        raise UserError(f"{where}: {cls.name} cannot be built with these options ({shown(str(error))}).") from error
    expected = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    for name in sorted(expected.keys() | weights.keys()):
        theirs, ours = weights.get(name), expected.get(name)
        if theirs is None or theirs.shape != ours or theirs.dtype != "float32":
            if theirs is not None and ours is not None and name.startswith("user_") and theirs.shape[1:] == ours[1:]:
                raise UserError(
                    f"{where}: {name} has {len(theirs)} rows, for the users that RecBole trained the model on, and it "
                    "cannot score without one; the users of another log have none, so it cannot be imported."
                )
            has = "is missing" if theirs is None else f"is of {theirs.dtype} and shape {shown(theirs.shape)}"
            needs = "has no such array" if ours is None else f"needs float32 of shape {ours}"
            raise UserError(f"{where}: {shown(name)} {has}, and {cls.name} with these options {needs}.")


@contextlib.contextmanager
def _at_most(arrays: int) -> Iterator[None]:
    """Stop what builds a network with more arrays than these, each of which takes time even where it is empty."""
    made = itertools.count(1)

    def count(module: torch.nn.Module, name: str, parameter: object) -> None:
        if next(made) > arrays:
            raise ValueError("they describe a network of far more arrays than there are")

    hook = register_module_parameter_registration_hook(count)
    try:
        yield
    finally:
        hook.remove()


def _sizes(cls: type[Model[Any]], config: Any) -> Iterator[tuple[str, int, int]]:
    """Yield each whole number among the options, and the largest one that is allowed."""
    options = dict(vars(config))
    if cls.recbole == ANY:
        options |= read_options(config.model, config.options)
    for name, value in options.items():
        for number in value if isinstance(value, list) else [value]:
            if type(number) is int:
                # Those in lists are distances between the items that a layer reads.
                yield name, number, config.max_length if isinstance(value, list) else MOST.get(name, LARGEST_SIZE)


def _categories(weights: Arrays, n_items: int, where: str) -> Any:
    """Return categories with as many values as the state has rows for."""
    found = weights.get(CATEGORY_TABLE)
    if found is None or found.ndim != 2 or len(found) < 2:
        raise UserError(f"{where} has no {CATEGORY_TABLE}: the model must read one feature of items, of type token.")
    categories = np.zeros(n_items + 1, np.int64)
    categories[-1] = len(found) - 1
    return categories
