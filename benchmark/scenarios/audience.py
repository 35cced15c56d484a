"""Whom a group attack aims at, as a rule over users' attributes."""

from __future__ import annotations

from ...core.errors import UserError, unknown
from ...core.interactions import Interactions


def parse_audience(data: Interactions, rule: str) -> tuple[str, tuple[str, ...]]:
    """Split ``attribute:value+value`` into the attribute and its values; an empty rule gives ``("", ())``.

    Raises:
        UserError: If the rule is malformed, or the data have no such attribute or value.
    """
    if not rule:
        return "", ()
    name, colon, text = rule.partition(":")
    if not colon or not name or not text:
        raise UserError(f"audience={rule} is not a rule; write attribute:value or attribute:value+value.")
    if name not in data.attributes:
        raise unknown(f"attribute in audience={rule} (data set {data.name}):", name, data.attributes)
    known = data.attributes[name].values
    values = (text,) if text in known else tuple(dict.fromkeys(text.split("+")))  # a value may hold a plus sign
    for value in values:
        if value not in known:
            raise unknown(f"value of {name} in audience={rule} (data set {data.name}):", value, known)
    return name, values
