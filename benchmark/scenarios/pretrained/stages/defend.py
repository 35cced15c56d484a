"""Stages of defenses: detect, scan, repair and serve; each is handed what its type allows and it declared."""

from __future__ import annotations

from typing import Any

from ..... import defenses
from .....core.detection import Detection, Verdict, checked_detection, checked_verdict
from .....core.errors import UserError
from .....core.methods import M, make
from .....core.pretrained import Pretrained
from .....core.topk import TopK
from .....defenses import Detector, Repair, Scan, Serving
from ....stages.inputs import StageInputs
from .victims import fitting
from .views import deployed, handed


def detect(inputs: StageInputs) -> tuple[Detection, dict[str, Any]]:
    """Let a detector look at a model; its log is the detection's."""
    detector = _made(inputs, Detector)
    held = deployed(inputs, detector)
    found = checked_detection(detector.detect(held), held.data.n_items, inputs.stage.name)
    return found, dict(found.log)


def scan(inputs: StageInputs) -> tuple[Verdict, dict[str, Any]]:
    """Let a scan judge a model; its log is the verdict's."""
    method = _made(inputs, Scan)
    found = checked_verdict(method.scan(deployed(inputs, method)), inputs.stage.name)
    return found, dict(found.log)


def repair(inputs: StageInputs) -> tuple[Pretrained, dict[str, Any]]:
    """Let a defense repair a model, before it is used or after."""
    method = _made(inputs, Repair)
    held = deployed(inputs, method) if method.place == "after" else handed(inputs, method)
    return fitting(method.repair(held), held.victim, held.data)


def serve(inputs: StageInputs) -> tuple[TopK, dict[str, Any]]:
    """Let a defense change what is served.

    Raises:
        UserError: If it returns lists of another number or length.
    """
    method = _made(inputs, Serving)
    held = deployed(inputs, method)
    served, log = method.serve(held)
    if served.items.shape != held.ranking.items.shape:
        shapes = f"{served.items.shape}, not {held.ranking.items.shape}"
        raise UserError(f"{inputs.stage.name} returned lists of shape {shapes}: as many lists, filled up with 0.")
    return served, log


def _made(inputs: StageInputs, base: type[M]) -> M:
    return make(defenses.registry, inputs.stage.name, inputs.stage.params["config"], base)
