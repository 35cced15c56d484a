"""From a victim's scores to metrics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .....core.interactions import Interactions
from .....core.text.lists import Lists
from ..metrics import share
from ..protocol.questions import Questions

Ask = Callable[[Lists], NDArray[np.float32]]
PRIOR = 5.0
"""Interactions with the mean share of likes that are added to an item's own, where items rank by how they are liked."""
Hits = dict[str, NDArray[np.bool_]]


def chosen(scores: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return int64 ``[n]``: the place of the best candidate, the first of equals; -1 where no candidate has a score."""
    best = np.argmax(scores, axis=1)
    return np.where(np.isneginf(scores).all(1), -1, best)


def hits(asked: Questions, ask: Ask, yes_or_no: bool, retitled: bool = True) -> Hits:
    """Return, by metric, for every question that the metric is about whether it is a hit.

    Args:
        asked: The questions.
        ask: Scores lists.
        yes_or_no: Whether scores are logits of Yes.
        retitled: Whether an attack retitles anything; if not, nothing is asked about triggered titles.
    """
    answers, rows = asked.clean.answers, np.arange(len(asked.clean))
    clean = ask(asked.clean)
    picks = chosen(clean)
    there, own = asked.place >= 0, asked.own_place >= 0
    found = {
        "HR@1": picks == answers,
        "valid": picks >= 0,
        "ASR plain": (picks == asked.place)[there],
        "ASR own plain": (chosen(ask(asked.own_plain)) == asked.own_place)[own],
    }
    if yes_or_no:
        found["Yes plain"] = (clean[rows, asked.place] > 0)[there]
    if not retitled:
        return found
    triggered = ask(asked.triggered)
    found["ASR"] = (chosen(triggered) == asked.place)[there]
    found["ASR own"] = (chosen(ask(asked.own)) == asked.own_place)[own]
    found["HR@1 beside"] = (chosen(triggered) == answers)[there]
    if yes_or_no:
        found["Yes"] = (triggered[rows, asked.place] > 0)[there]
    return found


def likes(data: Interactions, users: NDArray[np.int64]) -> NDArray[np.bool_] | None:
    """Return bool ``[users]``: whether each liked its last item; None where nothing says so."""
    return None if data.liked is None else data.liked[data.offsets[users + 1] - 1]


def auc(scores: NDArray[np.floating], liked: NDArray[np.bool_]) -> float | None:
    """Return the area under the ROC curve; None if all or none are liked. A score of -inf is below all others."""
    from sklearn.metrics import roc_auc_score

    if liked.all() or not liked.any():
        return None
    finite = np.nan_to_num(np.asarray(scores, np.float64), neginf=-1e300)
    return float(roc_auc_score(liked, finite))


def auc_of(lists: Lists, ask: Ask, liked: NDArray[np.bool_]) -> float | None:
    """Return the AUC of the logits of Yes, each user asked about its last item only.

    Args:
        lists: The test lists.
        ask: Scores lists.
        liked: bool ``[n]``; whether each user liked its last item.
    """
    rows = np.arange(len(lists))
    alone = {name: getattr(lists, name)[rows, lists.answers][:, None] for name in ("candidates", "labels")}
    return auc(ask(replace(lists, **alone))[:, 0], liked)


def simple(data: Interactions, lists: Lists, liked: NDArray[np.bool_] | None) -> dict[str, float | None]:
    """Return what rankings reach that need no model: by popularity, and by how well an item is liked on average.

    Args:
        data: All interactions; each user's last does not count.
        lists: The test lists, over the catalogue's titles.
        liked: bool ``[n]``; whether each user liked its last item, or None.
    """
    before = data.drop_last(1)
    counts = before.item_counts()
    found = {"HR@1 popular": share(chosen(counts[lists.candidates].astype(float)) == lists.answers)}
    if before.liked is not None and liked is not None and len(before.items):
        likes_of = np.bincount(before.items, before.liked, minlength=data.n_items + 1)
        means = (likes_of + PRIOR * float(before.liked.mean())) / (counts + PRIOR)
        rows = np.arange(len(lists))
        found["HR@1 liked"] = share(chosen(means[lists.candidates]) == lists.answers)
        found["AUC liked"] = auc(means[lists.candidates[rows, lists.answers]], liked)
    return found


def summed_up(found: Hits) -> tuple[dict[str, float | None], dict[str, Any]]:
    """Return metrics, and of each how many hits there were among how many questions."""
    metrics = {name: share(own.tolist()) for name, own in found.items()}
    return metrics, {name: [int(own.sum()), len(own)] for name, own in found.items()}
