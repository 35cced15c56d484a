"""What would stop a federated training, found out from the data before anything is trained."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from ....attacks import GroupClientAttack
from ....core.config import restore
from ....core.errors import UserError
from ....core.interactions import Interactions
from ....models.federation.settings import FederationConfig
from ...stages.stage import Stage
from . import methods
from .stages import members, public_users


def check(stages: Iterable[Stage], load: Callable[[str], Any]) -> None:
    """Check that every federated training can work.

    Args:
        stages: Those that are left to run; others than federated trainings are passed over.
        load: Returns the result of a stage by its id.

    Raises:
        UserError: If an attack has no client, a list is longer than the catalogue, every user has a target, or an
            audience holds nobody or everybody.
    """
    data: dict[str, Interactions] = {}
    for stage in stages:
        if stage.kind == "federate":
            source = stage.parents["dataset"]
            if source not in data:
                data[source] = load(source)
            _lengths(stage.params["sections"]["federation"], data[source])
            _audience(stage, data[source])
            malicious = _clients(stage.params["attack"], data[source])
            _rounds(stage, data[source].n_users + malicious)
            _targets(load(stage.parents["targets"])["runs"], data[source])


def _audience(stage: Stage, data: Interactions) -> None:
    """Check that both sides of an audience have users, among the public ones too."""
    rule = stage.params.get("audience", "")
    audience = members(data, rule)
    if audience is None:
        return
    if audience.all() or not audience.any():
        whom = "all" if audience.any() else "none"
        raise UserError(f"audience={rule}: {whom} of the {data.n_users:,} users of {data.name} belong to it.")
    attack = methods.attack(stage.params["attack"])
    if isinstance(attack, GroupClientAttack):
        assert stage.seed is not None
        federation = restore(FederationConfig, stage.params["sections"]["federation"], "federation")
        public_users(data, federation, audience, attack.known(data.n_users), stage.seed)


def _lengths(federation: Mapping[str, Any], data: Interactions) -> None:
    longest = max(*federation["exposure_at"], federation["accuracy_at"])
    if longest > data.n_items:
        raise UserError(
            f"federation: a list of {longest} (exposure_at, accuracy_at) is longer than the {data.n_items} items of "
            f"{data.name}; set shorter ones."
        )


def _clients(described: Mapping[str, Any] | None, data: Interactions) -> int:
    attack = methods.attack(described)
    return 0 if attack is None else attack.malicious(data.n_users)


def _rounds(stage: Stage, clients: int) -> None:
    aggregator = methods.aggregator(stage.params["aggregator"])
    if aggregator is not None:
        size = stage.params["sections"]["federation"]["clients_per_round"]
        aggregator.check(min(size, clients % size or size))  # an epoch's last round is the smallest


def _targets(runs: list[list[int]], data: Interactions) -> None:
    for item in {item for run in runs for item in run}:
        if len(np.unique(data.users[data.items == item])) == data.n_users:
            raise UserError(
                f"every user of {data.name} has the target item {data.item_ids[item - 1]!r}, so that nobody is left "
                "to be exposed to it; draw fewer targets."
            )
