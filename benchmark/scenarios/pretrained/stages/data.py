"""Stages that prepare data: partition and targets."""

from __future__ import annotations

from typing import Any

from .....core.config import configure
from .....core.interactions import Partition
from .....core.targets import Targets
from ....stages.inputs import Hands
from ..protocol import partition as sides
from ..protocol import targets as goals


def partition(hands: Hands) -> tuple[Partition, dict[str, Any]]:
    """Share the users between provider and platform."""
    return sides.partition(hands.parents["dataset"], hands.stage.params["rule"]), {}


def targets(hands: Hands) -> tuple[Targets, dict[str, Any]]:
    """Draw target items and name the audience; the log holds raw ids and popularity, for records."""
    params = hands.stage.params
    parties = hands.parents["partition"]
    config = configure(goals.TargetsConfig, params["config"], "targets")
    drawn = goals.draw(parties, config, params["audience"], hands.seed)
    counts = parties.provider.item_counts() + parties.platform.item_counts()
    ids = parties.platform.item_ids
    listed = [{"item": ids[int(i) - 1], "popularity": int(counts[i])} for i in drawn.items]
    size = {side: int(drawn.audience(getattr(parties, side)).sum()) for side in ("provider", "platform")}
    return drawn, {"targets": listed, "audience_users": size}
