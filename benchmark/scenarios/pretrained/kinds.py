"""The stages that a cell passes here; their versions are for what no method owns."""

from __future__ import annotations

from functools import partial

from ....core.detection import Detection, Verdict
from ....core.interactions import Partition
from ....core.pretrained import Pretrained
from ....core.targets import Targets
from ....core.topk import TopK
from ....models.sequential.settings import ENGINE
from ...stages.kind import StageKind
from ...stages.stage import Stage

_FUNCTIONS = f"{__package__}.stages"
_kind = partial(StageKind, "pretrained", bare=True)
_trained = partial(_kind, engine=ENGINE)
EPOCHS = 40
"""Epochs that ``seconds`` of pre-training are for."""


def _pretraining(stage: Stage) -> float:
    return 18.0 * float(stage.params.get("sections", {}).get("train", {}).get("epochs", EPOCHS)) / EPOCHS


PARTITION = _kind("partition", f"{_FUNCTIONS}.data:partition", Partition, prepares_data=True)
TARGETS = _kind("targets", f"{_FUNCTIONS}.data:targets", Targets, prepares_data=True)
REFERENCE = _trained("reference", f"{_FUNCTIONS}.train:reference", Pretrained, seconds=5.0)
LOCAL = _trained("local", f"{_FUNCTIONS}.train:local", Pretrained, seconds=5.0)
PRETRAIN = _trained("pretrain", f"{_FUNCTIONS}.train:pretrain", Pretrained, seconds=_pretraining)
REPAIR = _trained("repair", f"{_FUNCTIONS}.defend:repair", Pretrained, seconds=18.0)
ADAPT = _trained("adapt", f"{_FUNCTIONS}.train:adapt", Pretrained, seconds=4.0)
RANK = _trained("rank", f"{_FUNCTIONS}.measure:rank", TopK, seconds=0.5)
TRIGGERED = _trained("triggered", f"{_FUNCTIONS}.measure:triggered", TopK, seconds=0.5)
DETECT = _trained("detect", f"{_FUNCTIONS}.defend:detect", Detection, seconds=1.0)
SCAN = _trained("scan", f"{_FUNCTIONS}.defend:scan", Verdict, seconds=1.0)
SERVE = _trained("serve", f"{_FUNCTIONS}.defend:serve", TopK, seconds=1.0)
MEASURE = _kind("measure", f"{_FUNCTIONS}.measure:measure", dict)
KINDS = (PARTITION, TARGETS, LOCAL, REFERENCE, PRETRAIN, REPAIR, ADAPT, RANK, TRIGGERED, DETECT, SCAN, SERVE, MEASURE)
