"""Stages that judge: rank, detect and measure."""

from __future__ import annotations

from typing import Any

from ..... import defenses
from .....core.detection import Detection, checked
from .....core.methods import make
from .....core.topk import TopK
from .....defenses import Detector
from ....stages.inputs import StageInputs
from ..metrics import measure as metrics
from ..metrics.detection import detection_chance, detection_metrics
from .victims import victim
from .views import deployed


def rank(inputs: StageInputs) -> tuple[TopK, dict[str, Any]]:
    """Rank all items for the platform's users, once for every metric."""
    return victim(inputs).rank(inputs.parents["pretrained"], inputs.parents["partition"].platform), {}


def detect(inputs: StageInputs) -> tuple[Detection, dict[str, Any]]:
    """Let a detector look at the deployed model, with what the platform has; its log is the detection's."""
    detector = make(defenses.registry, inputs.stage.name, inputs.stage.params["config"], Detector)
    held = deployed(inputs, detector)
    found = checked(detector.detect(held), held.data.n_items, inputs.stage.name)
    return found, dict(found.log)


def measure(inputs: StageInputs) -> tuple[dict[str, Any], dict[str, Any]]:
    """Compare with the true targets: exposure and accuracy of a ranking, or what a detector found."""
    parents = inputs.parents
    targets = parents["targets"]
    if "detection" in parents:
        detection: Detection = parents["detection"]
        found = detection_metrics(detection, targets.items)
        by_chance = detection_chance(len(detection.scores) - 1, len(targets.items))
        return {"metrics": {"all": found}, "chance": {"all": by_chance}, "user_tests": {}}, {}
    audience = targets.audience(parents["partition"].platform)
    ranking: TopK = parents["rank"]
    if ranking.users is not None:
        audience = audience[ranking.users]
    tests = {}
    if "clean_rank" in parents:
        tests = metrics.user_tests(ranking, parents["clean_rank"], targets.items, audience)
    return {
        "metrics": metrics.measure(ranking, targets.items, audience),
        "chance": metrics.chance(ranking, len(targets.items), audience),
        "user_tests": tests,
    }, {}
