"""What the federated scenario's stages compute."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .... import models
from ....attacks import Adversary, FederatedAttack, GroupClientAttack
from ....attacks.federated.common.public import PublicUsers
from ....core.config import restore
from ....core.errors import UserError
from ....core.interactions import Interactions
from ....core.methods import find
from ....core.seeds import derive, generator
from ....core.targets import Targets
from ....defenses import Aggregator, Server
from ....models import FederatedModel
from ....models.federation.settings import FederationConfig
from ...stages.inputs import StageInputs
from ..audience import parse_audience
from . import methods
from .metrics import summarise
from .targets import FederatedTargetsConfig, draw

if TYPE_CHECKING:
    from ....models.federation.gradients import ClientGradients, Gradient
    from ....models.federation.simulation import Simulation
    from ....models.federation.suspicion import Suspicion


def targets(inputs: StageInputs) -> tuple[dict[str, Any], dict[str, Any]]:
    """Draw the target items of every run; the log holds raw ids and popularity, for records."""
    data: Interactions = inputs.parents["dataset"]
    drawn = draw(data, restore(FederatedTargetsConfig, inputs.stage.params["config"], "federated-targets"), inputs.seed)
    counts = data.item_counts()
    listed = [{"item": data.item_ids[i - 1], "popularity": int(counts[i])} for i in drawn.ravel().tolist()]
    return {"runs": drawn.tolist()}, {"targets": listed}


def federate(inputs: StageInputs) -> tuple[dict[str, Any], dict[str, Any]]:
    """Train once with all clients, and measure after every epoch."""
    params = inputs.stage.params
    model = find(models.registry, params["model"], FederatedModel)
    runs = inputs.parents["targets"]["runs"]
    promoted = runs if params["run"] is None else [runs[params["run"]]]
    training = simulation(
        inputs.parents["dataset"],
        model(restore(model.Config, params["model_config"], model.name)),
        restore(FederationConfig, params["sections"]["federation"], "federation"),
        np.array(promoted, np.int32).ravel(),
        inputs.seed,
        attack=methods.attack(params["attack"]),
        aggregator=methods.aggregator(params["aggregator"]),
        device=inputs.device,
        threads=inputs.threads,
        audience=members(inputs.parents["dataset"], params.get("audience", "")),
    )
    return training.run(inputs.report), {}


def members(data: Interactions, rule: str) -> NDArray[np.bool_] | None:
    """Return bool ``[users]``: who belongs to the audience; None without a rule.

    Raises:
        UserError: If the rule is malformed, or the data have no such attribute or value.
    """
    return Targets(np.empty(0, np.int32), *parse_audience(data, rule)).audience(data) if rule else None


def public_users(
    data: Interactions, federation: FederationConfig, audience: NDArray[np.bool_], known: int, seed: int
) -> PublicUsers:
    """Draw users whose profiles are public, and look up what their clients train on.

    Args:
        data: The benign users.
        federation: The protocol, which parts their interactions.
        audience: bool ``[users]``.
        known: How many users.
        seed: Of the simulation; users are drawn from a seed that follows from it.

    Raises:
        UserError: If they all belong to the audience, or none of them does.
    """
    from ....models.federation.clients import lists, split

    users = np.sort(generator(seed, "public").permutation(data.n_users)[:known])
    if audience[users].all() or not audience[users].any():
        whom = "all" if audience[users].any() else "none"
        raise UserError(
            f"of the {known:,} users whose profiles are public {whom} belong to the audience of {data.name}; an attack "
            "on a group wants some of both, so make a larger share public."
        )
    train, _ = split(data, federation, generator(seed, "split"))
    own = [train.items[train.offsets[user] : train.offsets[user + 1]] for user in users]
    return PublicUsers(lists(np.concatenate(own), train.lengths[users]), audience[users])


def simulation(
    data: Interactions,
    model: FederatedModel,
    federation: FederationConfig,
    targets: NDArray[np.integer],
    seed: int,
    attack: FederatedAttack | None = None,
    aggregator: Aggregator | None = None,
    device: str = "cpu",
    threads: int = 1,
    audience: NDArray[np.bool_] | None = None,
) -> Simulation:
    """Set a federated training up, and hand attacker and server what is theirs and nothing else.

    Args:
        data: The benign users.
        model: The victim.
        federation: The protocol.
        targets: int ``[targets]``: item ids to promote.
        seed: Of everything; attacker and server draw from seeds of their own that follow from it.
        attack: Malicious clients that join, or None.
        aggregator: What the server does instead of adding up, or None.
        device: Where to compute.
        threads: Threads to compute with.
        audience: bool ``[users]``: whom attacks on a group aim at, and whose exposure is measured apart.

    Raises:
        UserError: If there are too few benign clients for a malicious one, or too few with a public profile.
    """
    from ....models.federation.simulation import Simulation

    malicious, upload, aggregate = 0, None, None
    if attack is not None:
        malicious, own = attack.malicious(data.n_users), np.array(targets, np.int32)
        public = None
        if isinstance(attack, GroupClientAttack):
            assert audience is not None
            public = public_users(data, federation, audience, attack.known(data.n_users), seed)
        adversary = Adversary(malicious, own, data.n_items, federation, model, derive(seed, "attack"), device, public)
        upload = attack.recruit(adversary).upload
    if aggregator is not None:
        aggregate = partial(_aggregate, aggregator, Server(generator(seed, "server")))
    return Simulation(data, model, federation, targets, seed, malicious, upload, aggregate, device, threads, audience)


def _aggregate(rule: Aggregator, server: Server, gradients: ClientGradients) -> tuple[Gradient, Suspicion | None]:
    """Return what a rule makes of a round, and whom it distrusts, if it says so."""
    found = rule.aggregate(gradients, server)
    suspicion = server.told[-1] if server.told else None
    server.told.clear()
    return found, suspicion


def measure(inputs: StageInputs) -> tuple[dict[str, Any], dict[str, Any]]:
    """Sum up the runs: metrics at the end of training, and the log of every epoch."""
    runs = [parent for role, parent in sorted(inputs.parents.items()) if role.startswith("run-")]
    return summarise(runs)
