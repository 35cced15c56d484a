"""The stage in which a victim is asked and its answers are judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .....core.detection import Detection
from .....core.interactions import Interactions
from .....core.text.lists import Lists
from .....models.text.common.config import TINY
from ....stages.inputs import StageInputs
from .. import methods
from ..metrics import share
from ..protocol.lists import question_users
from ..protocol.ownership import Ownership
from ..protocol.questions import Questions
from .answers import auc_of, hits, likes, simple, summed_up
from .asked import asked
from .data import settings
from .victims import victim_of


def measure(inputs: StageInputs) -> tuple[dict[str, Any], dict[str, Any]]:
    """Ask a victim, and judge its answers and what a scanner flagged."""
    data: Interactions = inputs.parents["dataset"]
    params, test = inputs.stage.params, inputs.parents["test"]
    wanted = asked(inputs)
    yes_or_no = methods.yes_or_no(params["model"])
    scorer = victim_of(inputs).open(inputs.parents["train"])
    detection: Detection | None = inputs.parents.get("scan")

    def ask(lists: Lists) -> NDArray[np.float32]:
        if detection is not None and params["hidden"]:
            flags = np.concatenate([[False], detection.flagged[-(len(lists.titles) - 1) :]])
            lists = replace(lists, candidates=np.where(flags[lists.candidates], 0, lists.candidates))
        return scorer.scores(lists)

    found = hits(wanted, ask, yes_or_no, retitled=params["attack"] is not None)
    if params["model"]["config"].get("model") == TINY:
        del found["valid"]  # it always names one of the candidates
    metrics, counts = summed_up(found)
    liked = likes(data, question_users(data, settings(inputs), params["seeds"]["test"]))
    if yes_or_no and liked is not None:
        metrics["AUC"] = auc_of(wanted.clean, ask, liked)
    metrics |= simple(data, test, liked)
    if detection is not None:
        metrics |= detected(detection, wanted, inputs.parents)
    size = test.candidates.shape[1]
    chance: dict[str, float] = {name: 1 / size for name in ("HR@1", "ASR", "ASR own") if name in found}
    if "AUC" in metrics:
        chance["AUC"] = 0.5
    return {"metrics": {"all": metrics}, "chance": {"all": chance}, "user_tests": {}}, {"counts": counts}


def detected(detection: Detection, wanted: Questions, parents: Mapping[str, Any]) -> dict[str, float | None]:
    """Return how well flags and scores meet the titles that were tampered with.

    Args:
        detection: As the stage ``scan`` makes it.
        wanted: The questions.
        parents: The stage's parents.
    """
    from sklearn.metrics import average_precision_score

    public: Lists = parents["test"]
    lists: Lists = parents.get("poisoned", parents["lists"])
    owned: Ownership = parents["targets"]
    n = len(lists.titles)
    truth = np.array([title != public.titles[item] for title, item in zip(lists.titles, lists.items, strict=True)])[1:]
    looked_at = truth | ~owned.trusted[lists.items[1:]]
    scores, flags = detection.scores[1:n][looked_at], detection.flagged[1:n][looked_at]
    truth = truth[looked_at]
    right = int((flags & truth).sum())
    found: dict[str, float | None] = {"title false positives": share(flags[~truth].tolist())}
    if truth.any():
        found["title precision"] = right / int(flags.sum()) if flags.any() else 0.0
        found["title recall"] = right / int(truth.sum())
        found["title F1"] = 2 * right / int(flags.sum() + truth.sum())
        found["title average precision"] = float(average_precision_score(truth, scores))
    n_items = len(owned.trusted) - 1
    plain, retitled = wanted.clean.titles[1 : n_items + 1], wanted.clean.titles[n_items + 1 :]
    others = ~owned.trusted[1:] & np.array([one != two for one, two in zip(plain, retitled, strict=True)])
    others[owned.own - 1] = False
    if others.any():
        found["title recall served"] = share(detection.flagged[-n_items:][others].tolist())
    return found
