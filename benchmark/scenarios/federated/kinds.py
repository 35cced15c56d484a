"""The stages that a cell passes here, and their versions."""

from __future__ import annotations

from functools import partial

from ....models.federation.settings import ENGINE
from ...stages.kind import StageKind
from ...stages.stage import Stage

_FUNCTIONS = f"{__package__}.stages"
_kind = partial(StageKind, "federated", bare=True)


def _training(stage: Stage) -> float:
    return float(stage.params["sections"]["federation"]["epochs"])  # what they take on MovieLens-1M


TARGETS = _kind("federated-targets", f"{_FUNCTIONS}:targets", dict, prepares_data=True)
FEDERATE = _kind("federate", f"{_FUNCTIONS}:federate", dict, version=2, engine=ENGINE, seconds=_training)
MEASURE = _kind("federated-measure", f"{_FUNCTIONS}:measure", dict)
KINDS = (TARGETS, FEDERATE, MEASURE)
