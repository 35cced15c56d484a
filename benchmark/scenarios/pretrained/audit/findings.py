"""What an audit finds: accuracy, detectors' flags, suspicious items, and what is left of them in mended models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from .....core.detection import Detection
from .....core.interactions import Interactions
from .....core.topk import TopK
from ..metrics.accuracy import per_user_accuracy
from .exposure import (
    LEAST_RATIO,
    LEAST_SHARE,
    LEAST_USERS,
    LENGTH,
    GroupShares,
    by_popularity,
    group_shares,
    slot_shares,
    suspicious,
)

SCHEMA = 1
RULE = "rule"
"""What an item is suspicious by that is shown too often; ``rule in GROUP`` if to a group; else a detector's label."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """What the audit's stages gave.

    Attributes:
        data: The users of the log who were ranked for, over the model's items.
        ranking: The model's, for these users.
        local: That of a model trained on the log alone.
        detections: By the detectors' labels.
        deciding: Labels of the detectors whose flags alone make an item suspicious.
    """

    data: Interactions
    ranking: TopK
    local: TopK
    detections: Mapping[str, Detection]
    deciding: tuple[str, ...]


def findings(evidence: Evidence) -> dict[str, Any]:
    """Return what was found, JSON-able: ``suspicious``, ``rule``, ``accuracy``, ``items`` and ``detectors``."""
    data, ranking, local = evidence.data, evidence.ranking, evidence.local
    popular = by_popularity(data)
    shares = [slot_shares(r.items[:, :LENGTH], data.n_items) for r in (ranking, popular, local)]
    groups = group_shares(data, ranking, popular, local)
    flags = {label: np.flatnonzero(detection.flagged) for label, detection in evidence.detections.items()}
    reasons: dict[int, list[str]] = {int(item): [RULE] for item in suspicious(*shares)}
    for item, own in groups.items():
        for group in own if RULE not in reasons.get(item, ()) else ():
            if group.suspicious:
                reasons.setdefault(item, []).append(f"{RULE} in {group.group}")
    for label in evidence.deciding:
        for item in flags[label].tolist():
            reasons.setdefault(item, []).append(label)
    found = sorted(reasons, key=lambda item: (-shares[0][item], item))
    names = {item: data.item_ids[item - 1] for item in found}
    rankings = {"model": ranking, "local": local, "popularity": popular}
    counts = data.item_counts()
    return {
        "schema": SCHEMA,
        "suspicious": bool(found),
        "rule": {
            "length": LENGTH,
            "least_slot_share": LEAST_SHARE,
            "least_ratio": LEAST_RATIO,
            "least_users_of_group": LEAST_USERS,
        },
        "accuracy": {name: accuracy(one) for name, one in rankings.items()},
        "items": [
            {
                "item": names[item],
                "interactions": int(counts[item]),
                **{name: float(own[item]) for name, own in zip(_SHARES, shares, strict=True)},
                "by": reasons[item],
                "groups": {group.group: _group(group) for group in groups.get(item, ())},
            }
            for item in found
        ],
        "detectors": {
            label: {
                "decides": label in evidence.deciding,
                "flagged": len(flagged),
                "suspicious": [names[item] for item in found if item in flagged],
            }
            for label, flagged in flags.items()
        },
    }


def left(items: Sequence[int], data: Interactions, ranking: TopK) -> dict[str, float]:
    """Return what a model shows of items, summed, as ``slot_share``, and its accuracy."""
    return {
        "slot_share": float(slot_shares(ranking.items[:, :LENGTH], data.n_items)[list(items)].sum()),
        **accuracy(ranking),
    }


def accuracy(ranking: TopK) -> dict[str, float]:
    """Return HR@10 and NDCG@10 of the users' last items."""
    found = per_user_accuracy(ranking)
    return {"HR@10": float(found["HR@10"].mean()), "NDCG@10": float(found["accuracy NDCG@10"].mean())}


_SHARES = ("slot_share", "popularity", "local")


def _group(shares: GroupShares) -> dict[str, Any]:
    table = asdict(shares)
    return {"users": table["users"], "slot_share": table["model"], **{n: table[n] for n in ("others", "expected")}}
