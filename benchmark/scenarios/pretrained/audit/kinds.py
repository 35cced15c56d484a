"""The stages that an audit has beside those of a grid: the model that was handed over, and the log over its items."""

from __future__ import annotations

from .....core.interactions import Partition
from .....core.pretrained import Pretrained
from ....stages.kind import StageKind

_FUNCTIONS = f"{__package__}.stages"

HANDED = StageKind("pretrained", "handed", f"{_FUNCTIONS}:handed", Pretrained, prepares_data=True, seconds=0.5)
FITTED = StageKind("pretrained", "fitted", f"{_FUNCTIONS}:fitted", Partition, prepares_data=True, seconds=0.5)
AUDIT_KINDS = (HANDED, FITTED)
