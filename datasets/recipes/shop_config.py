"""Options of large logs of shops: which events count, and what becomes of what does not fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

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
