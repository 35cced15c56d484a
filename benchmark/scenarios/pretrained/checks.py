"""What would make a run fail or mean nothing, found out from the data before anything is trained."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from .... import attacks, models
from ....core.config import configure
from ....core.errors import UserError
from ....core.interactions import Interactions
from ....core.methods import find
from ....core.topk import ranked_users
from ....models.sequential.settings import RankConfig
from ...stages.stage import Stage
from ...stages.store import Damaged
from .needs import needs_categories, refuse_categories, refuse_prompts

LEAST = 100
"""Target users; the standard error of a share among as many is up to five points."""


def check(stages: Iterable[Stage], load: Callable[[str], Any]) -> None:
    """Check that data have what models, attacks and prompts need, and that enough users of the audience are ranked.

    Args:
        stages: Those that are left to run.
        load: Returns the result of a stage by its id.

    Raises:
        UserError: If a model or an attack needs categories and items have none, if prompts have nothing to be made
            from, or if a draw leaves out most of a small audience.
    """
    prompted: dict[str, set[str]] = {}
    limits: dict[str, int] = {}
    targets_of: dict[str, set[str]] = {}
    readers: dict[str, set[str]] = {}
    replacing: dict[str, set[str]] = {}
    for stage in stages:
        if "model" in stage.params and find(models.registry, stage.params["model"], models.Model).needs_categories:
            readers.setdefault(stage.parents["partition"], set()).add(stage.params["model"])
        if stage.kind == "pretrain" and stage.name in attacks.registry.names():
            attack = find(attacks.registry, stage.name, attacks.Attack)
            if needs_categories(configure(attack.Config, stage.params["config"], stage.name)):
                replacing.setdefault(stage.parents["partition"], set()).add(stage.name)
        if "prompt" in stage.params.get("sections", {}):
            prompted.setdefault(stage.parents["partition"], set()).add(stage.name)
        if stage.kind == "rank":
            limits[stage.parents["partition"]] = configure(RankConfig, stage.params["sections"]["rank"], "rank").users
        if {"partition", "rank", "targets"} <= stage.parents.keys():
            targets_of.setdefault(stage.parents["partition"], set()).add(stage.parents["targets"])
    for partition in sorted({*prompted, *limits, *readers, *replacing}):
        with suppress(Damaged):  # the next stage that reads it has it computed again
            platform = load(partition).platform
            models.check_categories(platform, sorted(readers.get(partition, ())))
            if not platform.categories.any():
                refuse_categories(replacing.get(partition, ()), platform.name)
            if not platform.attributes:
                refuse_prompts(prompted.get(partition, ()), platform.name)
            _audience(platform, limits.get(partition, 0), targets_of.get(partition, ()), load)


def _audience(platform: Interactions, limit: int, drawn: Iterable[str], load: Callable[[str], Any]) -> None:
    users = ranked_users(platform.n_users, limit)
    if users is None:
        return
    for targets in map(load, sorted(drawn)):
        audience = targets.audience(platform)
        left, there = int(audience[users].sum()), int(audience.sum())
        if targets.attribute and left < min(LEAST, there):
            raise UserError(
                f"{left} of the {there} users with {targets.attribute} {' or '.join(targets.values)} are among the "
                f"{limit} of the platform for whom is ranked; --set rank.users=0 ranks for all."
            )
