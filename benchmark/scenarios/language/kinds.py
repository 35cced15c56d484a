"""The stages that a cell passes here, and their versions."""

from __future__ import annotations

from functools import partial

from ....core.detection import Detection
from ....core.text.lists import Lists
from ....defenses.language import ScannerWeights
from ....models.text import TextWeights
from ...stages.kind import StageKind
from ...stages.stage import Stage
from .protocol.ownership import Ownership
from .stages.embeddings import ItemEmbeddings

_FUNCTIONS = f"{__package__}.stages"
_kind = partial(StageKind, "language")


def _training(stage: Stage) -> float:
    config = stage.params["model"]["config"]
    return float(config["samples"] * config["epochs"]) / 600  # lists a second of the small transformer


OWNERSHIP = _kind("ownership", f"{_FUNCTIONS}.data:ownership", Ownership, prepares_data=True)
TEST = _kind("test", f"{_FUNCTIONS}.data:test", Lists, prepares_data=True, seconds=1.0)
LISTS = _kind("lists", f"{_FUNCTIONS}.data:train", Lists, prepares_data=True, seconds=5.0)
EMBED = _kind("embed", f"{_FUNCTIONS}.victims:embed", ItemEmbeddings, seconds=20.0)
POISON = _kind("poison", f"{_FUNCTIONS}.data:poison", Lists, seconds=1.0)
TRAIN = _kind("train", f"{_FUNCTIONS}.victims:train", TextWeights, seconds=_training)
FIT = _kind("fit", f"{_FUNCTIONS}.scan:fit", ScannerWeights, seconds=40.0)
SCAN = _kind("scan", f"{_FUNCTIONS}.scan:scan", Detection, seconds=3.0)
REPAIR = _kind("repair", f"{_FUNCTIONS}.victims:repair", TextWeights, seconds=20.0)
MEASURE = _kind("measure", f"{_FUNCTIONS}.measure:measure", dict, seconds=8.0)
KINDS = (OWNERSHIP, TEST, LISTS, EMBED, POISON, TRAIN, FIT, SCAN, REPAIR, MEASURE)
