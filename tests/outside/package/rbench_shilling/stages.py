"""What the stages of the shilling scenario compute."""

from __future__ import annotations

from typing import Any

import numpy as np

from rbench import attacks, defenses, models
from rbench.benchmark.stages.inputs import StageInputs
from rbench.core.config import configure
from rbench.core.interactions import Interactions
from rbench.core.seeds import generator
from rbench.core.targets import Targets
from rbench.core.topk import TopK

from . import Profiles
from .item_knn import Neighbours

K = 10


def targets(inputs: StageInputs) -> tuple[Targets, dict[str, Any]]:
    """Draw two items of the least popular quarter."""
    data: Interactions = inputs.parents["dataset"]
    counts = data.item_counts()
    rare = np.argsort(counts[1:], kind="stable")[: data.n_items // 4] + 1
    items = np.sort(generator(inputs.seed, "targets").choice(rare, 2, replace=False)).astype(np.int32)
    listed = [{"item": data.item_ids[i - 1], "popularity": int(counts[i])} for i in items]
    return Targets(items, "", ()), {"targets": listed}


def poison(inputs: StageInputs) -> tuple[Profiles, dict[str, Any]]:
    """Put fake users behind the honest ones; last items are held out."""
    data: Interactions = inputs.parents["dataset"].drop_last(1)
    users, items, fakes = data.users, data.items.astype(np.int64), []
    if inputs.stage.name != "clean":
        cls = attacks.registry.get(inputs.stage.name)
        attack: Any = cls(configure(cls.Config, inputs.stage.params["config"], cls.name))
        fakes = attack.profiles(data, inputs.parents["targets"].items, inputs.seed)
    for number, profile in enumerate(fakes):
        users = np.append(users, np.full(len(profile), data.n_users + number))
        items = np.append(items, profile)
    return Profiles(users, items, np.ones(data.n_users + len(fakes))), {"fake_users": len(fakes)}


def train(inputs: StageInputs) -> tuple[Neighbours, dict[str, Any]]:
    """Fit the victim, with a defense's weights if there is one."""
    params, profiles = inputs.stage.params, inputs.parents["profiles"]
    if params["defense"] is not None:
        cls = defenses.registry.get(params["defense"]["name"])
        defense: Any = cls(configure(cls.Config, params["defense"]["config"], cls.name))
        profiles = Profiles(profiles.users, profiles.items, defense.weigh(profiles))
    model: Any = models.registry.get(inputs.stage.name)
    config = configure(model.Config, params["config"], model.name)
    return model.fit(config, profiles, inputs.parents["dataset"].n_items), {}


def rank(inputs: StageInputs) -> tuple[TopK, dict[str, Any]]:
    """Rank by the summed similarity to a user's own items, which are masked."""
    data, similarity = inputs.parents["dataset"], inputs.parents["model"].similarity
    history, held = data.drop_last(1), data.items[data.offsets[1:] - 1]
    own = np.zeros((data.n_users, data.n_items + 1), np.float32)
    own[history.users, history.items] = 1
    scores = np.where(own > 0, -np.inf, own @ similarity)
    scores[:, 0] = -np.inf
    order = np.argsort(-scores, axis=1, kind="stable")
    place = np.argmax(order == held[:, None], axis=1) + 1
    candidates = (~np.isinf(scores)).sum(1)
    return TopK(order[:, :K].astype(np.int32), place.astype(np.int32), candidates.astype(np.int32)), {}


def measure(inputs: StageInputs) -> tuple[dict[str, Any], dict[str, Any]]:
    """Measure how many users see a target, and how many their next item."""
    ranking, items = inputs.parents["rank"], inputs.parents["targets"].items
    seen = np.isin(ranking.items, items).any(1)
    found = {"seen@10": float(seen.mean()), "HR@10": float((ranking.held_out_rank <= K).mean())}
    chance = {"HR@10": float((K / ranking.candidates).mean())}
    return {"metrics": {"all": found}, "chance": {"all": chance}, "user_tests": {}}, {}
