"""Whether a ranking for a draw of the users says anything of the audience."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ...core.config import configure
from ...core.errors import UserError
from ...core.topk import ranked_users
from ...models.engine.settings import RankConfig
from ..stage import Stage

LEAST = 100
"""Target users; the standard error of a share among as many is up to five points."""


def check_audience(stages: Iterable[Stage], load: Callable[[str], Any]) -> None:
    """Refuse a draw that leaves out so much of a small audience that nothing can be said of it.

    Args:
        stages: Those to be run.
        load: Returns the result of a stage by its id.

    Raises:
        UserError: Naming the option that ranks for all users.
    """
    pairs = {(s.parents["partition"], s.parents["targets"]) for s in stages if {"rank", "targets"} <= s.parents.keys()}
    limits = {s.parents["partition"]: s.params["sections"]["rank"] for s in stages if s.kind == "rank"}
    for partition, targets in sorted(pairs):
        if partition not in limits:
            continue
        limit = configure(RankConfig, limits[partition], "rank").users
        platform, aims = load(partition).platform, load(targets)
        users = ranked_users(platform.n_users, limit)
        if users is None or not aims.attribute:
            continue
        audience = aims.audience(platform)
        drawn, there = int(audience[users].sum()), int(audience.sum())
        if drawn < min(LEAST, there):
            raise UserError(
                f"{drawn} of the {there} users with {aims.attribute} {' or '.join(aims.values)} are among the {limit} "
                "of the platform for whom is ranked; --set rank.users=0 ranks for all."
            )
