"""Who is whose user: the provider has the active ones, the platform the others."""

from __future__ import annotations

import math

import numpy as np

from .....core.errors import UserError
from .....core.interactions import Interactions, Partition

ALLOWED = "quantile:Q with 0 < Q < 1, e.g. quantile:0.3, or max_interactions:N with N > 0, e.g. max_interactions:10"


def split_users(data: Interactions, rule: str) -> Partition:
    """Share the users between provider and platform by how many interactions they have.

    ``max_interactions:N`` gives the platform every user with fewer than N interactions.
    ``quantile:Q`` gives it every user with at most L, the smallest length that at least the share
    Q of the users does not exceed; users who tie at L stay together. Users keep their order.

    Args:
        data: All users.
        rule: How to share them.

    Raises:
        UserError: If the rule is malformed or leaves provider or platform without users.
    """
    kind, number = parse_rule(rule)
    lengths = data.lengths
    if kind == "max_interactions":
        words = f"platform: users with fewer than {number:g} interactions; provider: all others"
        on_platform = lengths < number
    else:
        longest = np.sort(lengths)[math.ceil(round(number * data.n_users, 6)) - 1]
        words = (
            f"platform: users with at most {longest} interactions (the least active {100 * number:g}%); "
            "provider: all others"
        )
        on_platform = lengths <= longest
    for owner, users in (("platform", on_platform), ("provider", ~on_platform)):
        if not users.any():
            raise UserError(
                f"platform={rule} leaves the {owner} of {data.name} without users: its {data.n_users} users have "
                f"{lengths.min()} to {lengths.max()} interactions; allowed: {ALLOWED}."
            )
    provider, platform = np.flatnonzero(~on_platform), np.flatnonzero(on_platform)
    return Partition(data.take(provider), data.take(platform), words)


def parse_rule(rule: str) -> tuple[str, float]:
    """Split a rule into its kind and its number.

    Raises:
        UserError: If it is malformed.
    """
    kind, _, text = rule.partition(":")
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    fits = {"quantile": 0 < number < 1, "max_interactions": 0 < number < math.inf and number == int(number)}
    if not fits.get(kind, False):
        raise UserError(f"platform={rule} is not a rule; allowed: {ALLOWED}.")
    return kind, number
