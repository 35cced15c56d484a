"""What each of RecBole's sequential models can do as a victim: a table that a test probes, read without RecBole."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ....core.errors import UserError, unknown
from ....core.handover.texts import shown
from ....core.toml import read_toml

Padding = Literal["zero", "kept"]
"""What row 0 of an item table is, which fills short histories up."""
TABLE = Path(__file__).with_suffix(".toml")
NOT_OPTIONS = frozenset({"loss_type", "transform"})
"""Settings of RecBole's that follow from the schedule's loss and from the rows."""
LONGEST = 100
"""Characters that an option's value may have."""
CHOICES: Mapping[str, tuple[str, ...]] = {
    "hidden_act": ("gelu", "relu", "swish", "tanh", "sigmoid"),
    "dnn_type": ("trm", "ave"),
    "pooling_type": ("average", "max"),
    "pooling_type_layer_1": ("max", "average"),
    "pooling_type_layer_2": ("max", "average"),
}
"""All texts that an option may be, by its name; RecBole's models know no others."""


@dataclass(frozen=True)
class Abilities:
    """What a model can do.

    Attributes:
        name: RecBole's name.
        refused: Why it is no victim, a sentence; empty if it is one, and only then do the other fields say anything.
        examples: What it is trained on, as in ``SequenceEncoder``; its scores are its own unless these are windows.
        trims: Whether padding on the right changes nothing, so that a batch may be narrow.
        dot: Whether its scores are products with its item table.
        padding: Whether row 0 of the item table, padding, changes scores of items, in rows as wide as RecBole's.
        losses: Losses of schedules that it can be trained with.
        options: Its options and their defaults, by RecBole's names.
    """

    name: str
    refused: str = ""
    examples: Literal["windows", "prefixes", "cloze"] = "prefixes"
    trims: bool = False
    dot: bool = False
    padding: bool = False
    losses: Sequence[str] = ()
    options: Mapping[str, Any] = field(default_factory=dict)


@functools.cache
def table() -> Mapping[str, Abilities]:
    """Return every sequential model of RecBole 1.2.0, by its name."""
    return {name: Abilities(name, **row) for name, row in read_toml(TABLE).items()}


def abilities(name: str) -> Abilities:
    """Return what a model can do.

    Raises:
        UserError: If RecBole has no such sequential model, or it is no victim.
    """
    known = {each.lower(): each for each in table()}
    if name.lower() not in known:
        raise unknown("sequential model of RecBole", name, table())
    found = table()[known[name.lower()]]
    if found.refused:
        raise UserError(f"{found.name} of RecBole cannot be a victim: {found.refused}")
    return found


def read_options(name: str, texts: Sequence[str]) -> dict[str, Any]:
    """Return a model's options by RecBole's names.

    Args:
        name: RecBole's name of a model.
        texts: ``option=value``; the values of a list are joined by slashes, as in ``dropout_probs=0.2/0.5``.

    Raises:
        ValueError: If an option is unknown or given twice, or its value is not of the default's type.
    """
    defaults = abilities(name).options
    found: dict[str, Any] = {}
    for text in texts:
        option, equals, value = text.partition("=")
        if not equals or option not in defaults:
            raise ValueError(f"{text!r} is no option=value of {name}; it has {', '.join(sorted(defaults)) or 'none'}.")
        if option in found:
            raise ValueError(f"{option} of {name} is given twice.")
        found[option] = _value(f"{option} of {name}", option, value, defaults[option])
    return found


def write_option(name: str, value: object) -> str:
    """Return an option's value as :func:`read_options` reads it.

    Raises:
        ValueError: If it is neither number nor text nor a list of these, or of more than a hundred characters.
    """
    parts = value if isinstance(value, list) else [value]
    if not parts or any(not isinstance(part, (str, int, float)) for part in parts):
        raise ValueError(f"{name} is {shown(value)}, which is neither text nor number")
    text = "/".join(str(part).lower() if isinstance(part, bool) else str(part) for part in parts)
    if len(text) > LONGEST:
        raise ValueError(f"{name} is {shown(text)}, which is too long for an option")
    return text


def _value(what: str, option: str, text: str, default: Any) -> Any:
    if isinstance(default, list):
        return [_value(what, option, part, default[0]) for part in text.split("/")]
    if isinstance(default, str):
        if text not in CHOICES.get(option, ()):
            raise ValueError(f"{what} is {text!r}; choose {', '.join(CHOICES.get(option, (default,)))}.")
        return text
    if isinstance(default, bool):
        if text not in ("true", "false"):
            raise ValueError(f"{what} is {text!r}; write true or false.")
        return text == "true"
    try:
        number = type(default)(text)
    except ValueError:
        noun = "whole number" if isinstance(default, int) else "number"
        raise ValueError(f"{what} is {text!r}, which is no {noun}.") from None
    if not -1e9 <= number <= 1e9:  # nor what is not a number
        raise ValueError(f"{what} is {text}; it must lie between -1e9 and 1e9.")
    return number
