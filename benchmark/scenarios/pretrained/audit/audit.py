"""The audit of a model: accuracy, detectors, suspicious items, and what repairs leave of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np

from .....core.config import configure
from .....core.errors import UserError
from .....core.handover.vocabulary import Fitted
from .....core.methods import find
from .....core.pretrained import Pretrained
from .....core.topk import TopK
from .....defenses import Deployed, Detector, Handed, Input, Local, OwnModel, Repair
from .....models import Model
from .....models import registry as models
from .....models.sequential.victim import Victim
from ....stages.setting import Setting
from .. import modes
from ..metrics.accuracy import per_user_accuracy
from .exposure import LEAST_RATIO, LEAST_SHARE, LENGTH, by_popularity, slot_shares, suspicious

SCHEMA = 1
SEED = 0
RULE = "rule"
"""What an item is suspicious by that is shown too often; else it is a detector's label."""
LEAST_USERS = 20
"""Users that a group must have inside and outside to be looked at."""


def victim_of(model: Pretrained, setting: Setting, device: str = "cpu") -> Victim:
    """Return the victim that opens a model: configured by its card, trained by the setting's schedules.

    Raises:
        UserError: If the card names a model or an option that is not known.
    """
    cls = find(models, model.card["model"], Model)
    config = configure(cls.Config, model.card["config"], cls.name)
    sections = setting.sections
    schedules = {name: sections[name] for name in ("train", "finetune", "prompttune")}
    ranking = replace(sections["rank"], users=0)
    return Victim(cls, config, schedules, sections["prompt"], ranking, device)


def audit(model: Pretrained, fitted: Fitted, setting: Setting, victim: Victim) -> dict[str, Any]:
    """Look at a model with a log, and return what was found, JSON-able; ``audit.json`` holds it.

    Raises:
        UserError: If the model does not fit the log, e.g. its prompts the log's attributes.
    """
    data = fitted.data
    ranking = victim.rank(model, data)
    local = victim.train(data, victim.schedules["train"], SEED)[0]
    local_ranking, popular = victim.rank(local, data), by_popularity(data)
    shares = [slot_shares(r.items[:, :LENGTH], data.n_items) for r in (ranking, popular, local_ranking)]
    by_rule = suspicious(*shares)
    platform = Deployed(
        data, model, victim, SEED, model, "direct", ranking, inputs={Local: OwnModel(local, local_ranking)}
    )
    detectors = [variant for variant in setting.defenses if issubclass(variant.cls, Detector)]
    flags = {v.label: np.flatnonzero(v.cls(v.config).detect(platform).flagged) for v in detectors}
    reasons: dict[int, list[str]] = {int(i): [RULE] for i in by_rule}
    for variant in detectors:
        for item in flags[variant.label].tolist() if variant.cls.decides else ():
            reasons.setdefault(item, []).append(variant.label)
    found = np.array(sorted(reasons, key=lambda i: (-shares[0][i], i)), np.int64)
    detections = {
        variant.label: {
            "decides": variant.cls.decides,
            "flagged": len(flags[variant.label]),
            "suspicious": [data.item_ids[i - 1] for i in np.intersect1d(flags[variant.label], found)],
        }
        for variant in detectors
    }
    remedies: dict[str, Any] = {}
    for name in remedy_names(setting):
        mended = victim.rank(repaired(model, fitted, setting, victim, name), data)
        left = slot_shares(mended.items[:, :LENGTH], data.n_items)[found].sum()
        remedies[name] = {"slot_share": float(left), **_accuracy(mended)}
    return {
        "schema": SCHEMA,
        "suspicious": bool(len(found)),
        "rule": {"length": LENGTH, "least_slot_share": LEAST_SHARE, "least_ratio": LEAST_RATIO},
        "model": model.card["model"],
        "data": {
            "name": data.name,
            "users": data.n_users,
            **{f.name: getattr(fitted, f.name) for f in fields(fitted) if f.name != "data"},
        },
        "accuracy": {
            "model": _accuracy(ranking),
            "local": _accuracy(local_ranking),
            "popularity": _accuracy(popular),
        },
        "items": [{**_item(int(i), fitted, ranking, shares), "by": reasons[int(i)]} for i in found],
        "detectors": detections,
        "repairs": {"none": {"slot_share": float(shares[0][found].sum()), **_accuracy(ranking)}, **remedies},
    }


def remedy_names(setting: Setting) -> list[str]:
    """Return what can mend a model: fine-tuning, then the setting's repairs."""
    return ["ft", *(variant.label for variant in setting.defenses if issubclass(variant.cls, Repair))]


def repaired(model: Pretrained, fitted: Fitted, setting: Setting, victim: Victim, name: str) -> Pretrained:
    """Return the model as the fine-tuning ``ft`` or one of the setting's repairs mends it.

    Raises:
        UserError: If the name is neither.
    """
    if name == "ft":
        return modes.registry.get(name)().adapt(model, fitted.data, victim, SEED)[0]
    for variant in setting.defenses:
        if variant.label == name and issubclass(variant.cls, Repair):
            defense = variant.cls(variant.config)
            given: dict[type[Input[Any]], Any] = {}
            if Local() in defense.inputs:
                trained = victim.train(fitted.data, victim.schedules["train"], SEED)[0]
                given[Local] = OwnModel(trained, victim.rank(trained, fitted.data))
            mended: Pretrained = defense.repair(Handed(fitted.data, model, victim, SEED, inputs=given))[0]
            return mended
    raise UserError(f"--with {name}: it changes no model; allowed are {', '.join(remedy_names(setting))}.")


def _accuracy(ranking: TopK) -> dict[str, float]:
    found = per_user_accuracy(ranking)
    return {"HR@10": float(found["HR@10"].mean()), "NDCG@10": float(found["accuracy NDCG@10"].mean())}


def _item(item: int, fitted: Fitted, ranking: TopK, shares: list[Any]) -> dict[str, Any]:
    data = fitted.data
    model, popular, local = (float(s[item]) for s in shares)
    groups: dict[str, Mapping[str, float]] = {}
    for name, attribute in data.attributes.items():
        for code, value in enumerate(attribute.values, 1):
            inside = attribute.codes == code
            if min(inside.sum(), (~inside).sum()) >= LEAST_USERS:
                top = ranking.items[:, :LENGTH] == item
                groups[f"{name}:{value}"] = {
                    "slot_share": float(top[inside].mean()),
                    "others": float(top[~inside].mean()),
                }
    return {
        "item": data.item_ids[item - 1],
        "interactions": int(data.item_counts()[item]),
        "slot_share": model,
        "popularity": popular,
        "local": local,
        "groups": groups,
    }
