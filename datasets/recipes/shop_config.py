"""Options of large logs of shops: which events and attributes count, and what becomes of what does not fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from ...core.errors import unknown
from ...core.ranges import Range
from ..files.raw import RawConfig
from ..sequences.event_rules import EventRules


@dataclass(frozen=True)
class ShopConfig(EventRules, RawConfig):
    """Options of a shop's log, all of which the paper leaves open."""

    platform: str = "max_interactions:10"
    """Whose users are the platform's; the paper's rule is max_interactions:10, fewer than ten."""

    user_share: Annotated[float, Range(above=0, most=1)] = 1.0
    """Part of the users to read, chosen by a hash of their ids; less than 1 saves memory and time."""

    attributes: tuple[str, ...] = ()
    """Users' attributes to use, joined by +; empty: the usual ones; none: no attributes."""

    def chosen_attributes(self, name: str, known: Sequence[str], usual: Sequence[str]) -> tuple[str, ...]:
        """Return the attributes to use, by default the ``usual`` ones.

        Raises:
            UserError: If the data set, called ``name``, has none of a wanted name.
        """
        for attribute in self.attributes:
            if attribute not in known and self.attributes != ("none",):
                raise unknown(f"attribute of {name}:", attribute, known)
        return () if self.attributes == ("none",) else self.attributes or tuple(usual)
