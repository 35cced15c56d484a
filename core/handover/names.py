"""What the numbers of categories and of attributes' values stand for that a model reads; its card says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..errors import UserError
from ..interactions import Attribute, IntArray, Interactions
from .texts import shown

CLAIM = "numbered"
"""Where a card says it, among the claims."""


@dataclass(frozen=True)
class Names:
    """Names in the order of their numbers, from 1.

    Attributes:
        categories: Of items; None if the model reads none, or the card does not say.
        attributes: Of users, each with its values, in the order in which prompts read them; None likewise.
    """

    categories: tuple[str, ...] | None = None
    attributes: tuple[tuple[str, tuple[str, ...]], ...] | None = None

    @classmethod
    def of(cls, data: Interactions, categories: bool, attributes: bool) -> Names:
        """Return the names of data, as far as a model that was trained on them reads categories and attributes."""
        values = tuple((name, attribute.values) for name, attribute in data.attributes.items())
        return cls(data.category_names if categories else None, values if attributes else None)

    @classmethod
    def read(cls, card: Mapping[str, Any], where: str) -> Names:
        """Return what a card says; nothing where it does not say, as those of older folders.

        Raises:
            UserError: If it says it in another form than :meth:`claim`'s.
        """
        said = card.get(CLAIM, {})
        try:
            categories, attributes = said.get("categories"), said.get("attributes")
            return cls(
                None if categories is None else _texts(categories),
                None
                if attributes is None
                else tuple((_texts([name])[0], _texts(values)) for name, values in attributes),
            )
        except (AttributeError, TypeError, ValueError):
            raise UserError(f"{where}: {CLAIM} is {shown(said)}, and not lists of names.") from None

    def claim(self) -> dict[str, Any]:
        """Return what a card says: a table of at most one entry."""
        attributes = None if self.attributes is None else [[name, list(values)] for name, values in self.attributes]
        categories = None if self.categories is None else list(self.categories)
        said = {"categories": categories, "attributes": attributes}
        said = {name: names for name, names in said.items() if names is not None}
        return {CLAIM: said} if said else {}

    def renumbered(self, data: Interactions) -> Interactions:
        """Return data numbered alike; what the model does not know becomes unknown.

        Raises:
            UserError: If the data lack an attribute.
        """
        if self.categories is not None:
            codes = _codes(data.categories, data.category_names, self.categories)
            data = replace(data, categories=codes, category_names=self.categories)
        if self.attributes is not None:
            known = data.attributes
            for name, _ in self.attributes:
                if name not in known:
                    has = ", ".join(known) or "none"
                    raise UserError(f"{data.name}: the model's prompts read users' {shown(name)}; the log has {has}.")
            own = {n: Attribute(_codes(known[n].codes, known[n].values, v), v) for n, v in self.attributes}
            data = replace(data, attributes=own)
        return data


NOTHING = Names()


def _texts(values: Any) -> tuple[str, ...]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise TypeError
    if len(set(values)) < len(values):
        raise ValueError
    return tuple(values)


def _codes(codes: IntArray, values: Sequence[str], wanted: Sequence[str]) -> IntArray:
    place = {value: number for number, value in enumerate(wanted, 1)}
    return np.array([0, *(place.get(value, 0) for value in values)], np.int32)[codes]
