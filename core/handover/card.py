"""``card.json`` of a hand-over folder: what a model says of itself, under a schema with a number."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from ..artifacts import to_json
from ..errors import UserError
from .texts import check_text, shown

SCHEMA = 1
LARGEST = 1_000_000
"""Bytes of a card."""
_TYPES: dict[str, type] = {"schema": int, "model": str, "configuration": dict, "sizes": dict, "claims": dict}
_OWN = {"model": str, "config": Mapping, "n_items": int}
"""The entries of a card in transit that the file has elsewhere than among the claims."""


def encode_card(card: Mapping[str, Any], width: int, where: str) -> bytes:
    """Return the file for the card of a :class:`Pretrained`.

    Args:
        card: With ``model``, ``config`` and ``n_items``; whatever else it says becomes a claim.
        width: Of the table of items.
        where: Whose card it is, for the message.

    Raises:
        UserError: If one of the three is missing or of another type, or the rest is no JSON.
    """
    for name, of in _OWN.items():
        if not isinstance(card.get(name), of) or isinstance(card[name], bool):
            raise UserError(f"{where}: the model's card has {name} = {shown(card.get(name))}, so nobody could open it.")
    try:
        return to_json(
            {
                "schema": SCHEMA,
                "model": card["model"],
                "configuration": dict(card["config"]),
                "sizes": {"items": card["n_items"], "width": width},
                "claims": {name: value for name, value in card.items() if name not in _OWN},
            }
        )
    except (TypeError, ValueError, RecursionError) as error:
        raise UserError(f"{where}: the model's card cannot be written as JSON ({shown(str(error))}).") from error


def decode_card(content: bytes, where: str) -> tuple[dict[str, Any], tuple[int, int]]:
    """Return the card of a :class:`Pretrained`, and the shape that its table of items should have.

    Args:
        content: The file's.
        where: The file, for messages.

    Raises:
        UserError: If it is no card of this schema, or has a text that is too long or a number that is not finite.
    """
    read = _table(content, where)
    schema = read.get("schema")
    if type(schema) is not int or schema != SCHEMA:
        raise UserError(f"{where} is of the schema {shown(schema)}; this version of rbench reads {SCHEMA}.")
    if read.keys() != _TYPES.keys():
        raise UserError(f"{where} has the entries {shown(sorted(read))}; they must be {', '.join(_TYPES)}.")
    for name, of in _TYPES.items():
        if type(read[name]) is not of:
            raise UserError(f"{where}: {name} is {shown(read[name])}, which is no {_WORDS[of]}.")
    sizes, claims = read["sizes"], read["claims"]
    if sizes.keys() != {"items", "width"} or any(type(n) is not int or n < 1 for n in sizes.values()):
        raise UserError(f"{where}: sizes is {shown(sizes)}; it must have items and width, both whole and above 0.")
    if doubled := sorted(_OWN.keys() & claims.keys()):
        raise UserError(f"{where}: {doubled[0]} stands among the claims, where it has no place.")
    card = {"model": read["model"], "config": read["configuration"], "n_items": sizes["items"], **claims}
    return card, (sizes["items"] + 1, sizes["width"])


_WORDS = {str: "text", dict: "table", int: "whole number"}


def _table(content: bytes, where: str) -> dict[str, Any]:
    if len(content) > LARGEST:
        raise UserError(f"{where} is {len(content)} bytes large; a card has at most {LARGEST}.")
    try:
        read = json.loads(content.decode("utf-8"))
        _check(read, where)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{where} is no JSON of a card ({shown(str(error))}).") from error
    if not isinstance(read, dict):
        raise UserError(f"{where} is {shown(read)}, which is no table.")
    return read


def _check(value: object, where: str) -> None:
    if isinstance(value, str):
        check_text(value, where)
    elif isinstance(value, float) and not math.isfinite(value):
        raise UserError(f"{where} has a number that is not finite.")
    elif isinstance(value, dict):
        for name, inner in value.items():
            check_text(name, where)
            _check(inner, where)
    elif isinstance(value, list):
        for inner in value:
            _check(inner, where)
