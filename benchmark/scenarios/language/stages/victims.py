"""Stages that train: item embeddings, victims, and repairs of victims."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..... import models
from .....core.config import configure
from .....core.detection import Detection
from .....core.errors import UserError
from .....core.interactions import Interactions
from .....core.methods import find
from .....core.seeds import generator
from .....core.text.lists import UNLABELLED, Lists
from .....defenses.language import HandedText
from .....models.sequential.settings import PromptConfig, RankConfig, Schedule
from .....models.text import Resumable, TextVictim, TextWeights
from .....models.text.common.causal.folder import fingerprint
from ....stages.inputs import StageInputs
from .. import methods
from .embeddings import ItemEmbeddings

TRUSTED_LISTS = 0.1
"""Share of the real users' lists of which a platform that mends a victim knows that they are real."""


def embed(inputs: StageInputs) -> tuple[ItemEmbeddings, dict[str, Any]]:
    """Train a sequential recommender on the real users, and take its item embeddings."""
    from .....models.sequential.victim import Victim

    params = inputs.stage.params
    data: Interactions = inputs.parents["dataset"]
    cls = find(models.registry, inputs.stage.name, models.Model)
    schedule = configure(Schedule, params["schedule"], "embeddings")
    config = configure(cls.Config, params["config"], cls.name)
    victim = Victim(cls, config, {"train": schedule}, PromptConfig(), RankConfig(), inputs.device, inputs.report)
    trained, log = victim.train(data, schedule, inputs.seed)
    table = np.array(trained.weights["item_embedding.weight"], np.float32)
    table[0] = 0
    return ItemEmbeddings(table / max(float(table[1:].std()), 1e-12)), {"accuracy": log["accuracy"]}


def victim_of(inputs: StageInputs) -> TextVictim:
    """Return the victim of a stage, with the item embeddings that it needs.

    Raises:
        UserError: If the files of its language model are others than when the run was planned.
    """
    told = inputs.stage.params["model"]
    if "files" in told and fingerprint(told["config"]["model"]) != told["files"]:
        raise UserError(f"model={told['config']['model']}: its files changed after the run was planned; run again.")
    embeddings = inputs.parents.get("embeddings")
    table = embeddings.table if isinstance(embeddings, ItemEmbeddings) else None
    return methods.victim(told, table, inputs.device)


def train(inputs: StageInputs) -> tuple[TextWeights, dict[str, Any]]:
    """Train a victim, without the answers whose titles a scanner flagged if there is one."""
    lists: Lists = inputs.parents["lists"]
    told = inputs.stage.params["model"]
    log: dict[str, Any] = {"files": told["files"]} if "files" in told else {}
    if "scan" in inputs.parents:
        kept = without(lists, inputs.parents["scan"], methods.yes_or_no(told))
        log["dropped"] = len(lists) - len(kept)
        lists = kept
    victim = victim_of(inputs)
    if isinstance(victim, Resumable):
        victim = victim.resuming(inputs.unfinished)
    trained, own = victim.train(lists, inputs.seed, report=inputs.report)
    return trained, log | own


def without(lists: Lists, scan: Detection, yes_or_no: bool) -> Lists:
    """Return lists without the answers, or the labelled targets, whose titles are flagged.

    Args:
        lists: Training lists.
        scan: Its flags begin with those of the lists' titles.
        yes_or_no: Whether every label is a sample of its own; lists without one are dropped.
    """
    flagged = scan.flagged[lists.candidates]
    if not yes_or_no:
        return lists.take(~(flagged & (lists.labels == 1)).any(1))
    kept = replace(lists, labels=np.where(flagged, UNLABELLED, lists.labels).astype(np.int8))
    return kept.take((kept.labels != UNLABELLED).any(1))


def repair(inputs: StageInputs) -> tuple[TextWeights, dict[str, Any]]:
    """Mend a victim."""
    real: Lists = inputs.parents["lists"]
    lists: Lists = inputs.parents.get("poisoned", real)
    drawn = generator(inputs.seed, "trusted lists").permutation(len(real))[: max(1, round(TRUSTED_LISTS * len(real)))]
    handed = HandedText(
        inputs.parents["train"], lists, real.take(np.sort(drawn)), victim_of(inputs), inputs.seed, inputs.report
    )
    return methods.repair(inputs.stage.params["defense"]).repair(handed)
