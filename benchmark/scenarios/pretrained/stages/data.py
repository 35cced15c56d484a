"""Stages that prepare data: partition and targets."""

from __future__ import annotations

from typing import Any

from .....core.config import restore
from .....core.interactions import Partition
from .....core.targets import Targets
from ....stages.inputs import StageInputs
from ..protocol.partition import split_users
from ..protocol.targets import TargetsConfig, draw_targets


def partition(inputs: StageInputs) -> tuple[Partition, dict[str, Any]]:
    """Share the users between provider and platform."""
    return split_users(inputs.parents["dataset"], inputs.stage.params["rule"]), {}


def targets(inputs: StageInputs) -> tuple[Targets, dict[str, Any]]:
    """Draw target items and name the audience; the log holds raw ids and popularity, for records."""
    params = inputs.stage.params
    users = inputs.parents["partition"]
    config = restore(TargetsConfig, params["config"], "targets")
    drawn = draw_targets(users, config, params["audience"], inputs.seed)
    counts = users.provider.item_counts() + users.platform.item_counts()
    ids = users.platform.item_ids
    listed = [{"item": ids[int(i) - 1], "popularity": int(counts[i])} for i in drawn.items]
    size = {side: int(drawn.audience(getattr(users, side)).sum()) for side in ("provider", "platform")}
    return drawn, {"targets": listed, "audience_users": size}
