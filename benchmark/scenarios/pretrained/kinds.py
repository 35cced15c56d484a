"""The stages that a cell passes here; their versions are for what no method owns."""

from __future__ import annotations

from functools import partial

from ....core.detection import Detection
from ....core.interactions import Partition
from ....core.pretrained import Pretrained
from ....core.targets import Targets
from ....core.topk import TopK
from ...stages.kind import StageKind
from ...stages.stage import Stage

_FUNCTIONS = f"{__package__}.stages"
_kind = partial(StageKind, "pretrained", bare=True)
EPOCHS = 40
"""Epochs that ``seconds`` of pre-training are for."""


def _pretraining(stage: Stage) -> float:
    return 18.0 * float(stage.params.get("sections", {}).get("train", {}).get("epochs", EPOCHS)) / EPOCHS


PARTITION = _kind("partition", f"{_FUNCTIONS}.data:partition", Partition, prepares_data=True)
TARGETS = _kind("targets", f"{_FUNCTIONS}.data:targets", Targets, prepares_data=True)
LOCAL = _kind("local", f"{_FUNCTIONS}.train:local", Pretrained, seconds=5.0)
PRETRAIN = _kind("pretrain", f"{_FUNCTIONS}.train:pretrain", Pretrained, seconds=_pretraining)
REPAIR = _kind("repair", f"{_FUNCTIONS}.train:repair", Pretrained, seconds=18.0)
ADAPT = _kind("adapt", f"{_FUNCTIONS}.train:adapt", Pretrained, seconds=4.0)
RANK = _kind("rank", f"{_FUNCTIONS}.measure:rank", TopK, seconds=0.5)
DETECT = _kind("detect", f"{_FUNCTIONS}.measure:detect", Detection, seconds=1.0)
MEASURE = _kind("measure", f"{_FUNCTIONS}.measure:measure", dict)
KINDS = (PARTITION, TARGETS, LOCAL, PRETRAIN, REPAIR, ADAPT, RANK, DETECT, MEASURE)
