"""Stages that judge: rank, and measure against the true targets."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..... import attacks
from .....attacks import TriggerAttack
from .....core.detection import Detection, Verdict
from .....core.methods import make
from .....core.seeds import generator
from .....core.topk import TopK
from ....stages.inputs import StageInputs
from ..metrics import measure as metrics
from ..metrics.detection import detection_chance, detection_metrics, exposed_recall
from .victims import victim

Measured = tuple[dict[str, Any], dict[str, Any]]


def rank(inputs: StageInputs) -> tuple[TopK, dict[str, Any]]:
    """Rank all items for the platform's users, once for every metric."""
    return victim(inputs).rank(inputs.parents["pretrained"], inputs.parents["partition"].platform), {}


def triggered(inputs: StageInputs) -> tuple[TopK, dict[str, Any]]:
    """Rank all items for the platform's users after they have met an attack's trigger, or as many random items."""
    attack = make(attacks.registry, inputs.stage.name, inputs.stage.params["config"], TriggerAttack)
    partition, targets = inputs.parents["partition"], inputs.parents["targets"]
    items = attack.trigger(partition.provider, targets, inputs.seed)
    if inputs.stage.params["after"] == "random":
        others = np.setdiff1d(np.arange(1, partition.platform.n_items + 1), [*targets.items, *items])
        items = generator(inputs.seed, "random items").choice(others, len(items), replace=False)
    return victim(inputs).rank(inputs.parents["pretrained"], partition.platform.before_last(items)), {}


def measure(inputs: StageInputs) -> Measured:
    """Compare with the true targets: exposure and accuracy of a ranking, or what a detector or a scan found."""
    parents = inputs.parents
    if "scan" in parents:
        return _scanned(parents["scan"])
    targets = parents["targets"]
    if "detection" in parents:
        return _detected(parents["detection"], targets.items, parents.get("rank"))
    audience = targets.audience(parents["partition"].platform)
    ranking: TopK = parents["rank"]
    if ranking.users is not None:
        audience = audience[ranking.users]
    tests = {}
    if "clean_rank" in parents:
        tests = metrics.user_tests(ranking, parents["clean_rank"], targets.items, audience)
    found = metrics.measure(ranking, targets.items, audience)
    for after in metrics.AFTER:
        if after in parents:
            there = metrics.measure(parents[after], targets.items, audience)["all"]
            found["all"] |= {f"{after} HIT@{n}": there[f"HIT@{n}"] for n in metrics.AFTER_LENGTHS}
    return {
        "metrics": found,
        "chance": metrics.chance(ranking, len(targets.items), audience),
        "user_tests": tests,
    }, {}


def _detected(detection: Detection, targets: Any, ranking: TopK | None) -> Measured:
    found: dict[str, float | None] = {**detection_metrics(detection, targets)}
    if ranking is not None:
        found["recall of exposure"] = exposed_recall(detection, targets, ranking)
    by_chance = detection_chance(len(detection.scores) - 1, len(targets))
    return {"metrics": {"all": found}, "chance": {"all": by_chance}, "user_tests": {}}, {}


def _scanned(verdict: Verdict) -> Measured:
    found = {"scan statistic": verdict.statistic, "scan distance": verdict.distance, "scan p": verdict.p}
    return {"metrics": {"all": found}, "chance": {}, "user_tests": {}}, {}
