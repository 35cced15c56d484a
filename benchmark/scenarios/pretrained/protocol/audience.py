"""Whether a group attack can aim at an audience, and tell it from the others."""

from __future__ import annotations

from typing import Any

import numpy as np

from .....core.errors import UserError
from .....core.interactions import Partition
from .....core.targets import Targets
from ...audience import parse_audience


def check_audience(partition: Partition, targets: Targets) -> None:
    """Check that the audience can be attacked, and told from the others.

    Raises:
        UserError: If the provider or the platform has nobody in the audience, or the platform has nobody else.
    """
    rule = f"audience={targets.attribute}:{'+'.join(targets.values)}"
    for owner, data in (("provider", partition.provider), ("platform", partition.platform)):
        if not targets.audience(data).any():
            raise UserError(f"{rule}: none of the {data.n_users} users of the {owner} of {data.name} belongs to it.")
    if targets.audience(partition.platform).all():
        raise UserError(
            f"{rule}: all {partition.platform.n_users} users of the platform of {partition.platform.name} belong "
            "to it, and nobody is left to compare with; choose fewer values."
        )


def look_at_audience(partition: Partition, rule: str) -> tuple[dict[str, Any], list[str], UserError | None]:
    """Return how large the audience is, what may make it a poor one, and why it cannot be attacked, if so."""
    try:
        attribute, values = parse_audience(partition.platform, rule)
        if not attribute:
            return {}, [], None
        targets = Targets(np.empty(0, np.int32), attribute, values)
        check_audience(partition, targets)
    except UserError as error:
        return {}, [], error
    facts: dict[str, Any] = {"rule": rule}
    warnings = []
    for owner, data in (("provider", partition.provider), ("platform", partition.platform)):
        unknown_users = int((data.attributes[attribute].codes == 0).sum())
        facts[owner] = int(targets.audience(data).sum())
        if unknown_users > data.n_users / 2:
            warnings.append(
                f"audience={rule}: {attribute} is unknown for {unknown_users:,} of the {data.n_users:,} users of the "
                f"{owner}; they count as not in the audience."
            )
    return facts, warnings, None
