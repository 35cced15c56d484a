"""What the federated scenario's stages compute."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .... import models
from ....attacks import Adversary, FederatedAttack
from ....core.config import restore
from ....core.interactions import Interactions
from ....core.methods import find
from ....core.seeds import derive, generator
from ....defenses import Aggregator, Server
from ....models import FederatedModel
from ....models.federation.settings import FederationConfig
from ...stages.inputs import StageInputs
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
    )
    return training.run(inputs.report), {}


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

    Raises:
        UserError: If there are too few benign clients for a malicious one.
    """
    from ....models.federation.simulation import Simulation

    malicious, upload, aggregate = 0, None, None
    if attack is not None:
        malicious, own = attack.malicious(data.n_users), np.array(targets, np.int32)
        adversary = Adversary(malicious, own, data.n_items, federation, model, derive(seed, "attack"), device)
        upload = attack.recruit(adversary).upload
    if aggregator is not None:
        aggregate = partial(_aggregate, aggregator, Server(generator(seed, "server")))
    return Simulation(data, model, federation, targets, seed, malicious, upload, aggregate, device, threads)


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
