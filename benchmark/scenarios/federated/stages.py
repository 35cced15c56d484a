"""What the federated scenario's stages compute."""

from __future__ import annotations

from typing import Any

import numpy as np

from .... import models
from ....core.config import configure
from ....core.interactions import Interactions
from ....core.methods import find
from ....models import FederatedModel
from ....models.federation.settings import FederationConfig
from ...stages.inputs import StageInputs
from . import methods
from .metrics import summarise
from .targets import FederatedTargetsConfig, draw


def targets(inputs: StageInputs) -> tuple[dict[str, Any], dict[str, Any]]:
    """Draw the target items of every run; the log holds raw ids and popularity, for records."""
    data: Interactions = inputs.parents["dataset"]
    drawn = draw(
        data, configure(FederatedTargetsConfig, inputs.stage.params["config"], "federated-targets"), inputs.seed
    )
    counts = data.item_counts()
    listed = [{"item": data.item_ids[i - 1], "popularity": int(counts[i])} for i in drawn.ravel().tolist()]
    return {"runs": drawn.tolist()}, {"targets": listed}


def federate(inputs: StageInputs) -> tuple[dict[str, Any], dict[str, Any]]:
    """Train once with all clients, and measure after every epoch."""
    from ....models.federation.simulation import Simulation

    params = inputs.stage.params
    model = find(models.registry, params["model"], FederatedModel)
    runs = inputs.parents["targets"]["runs"]
    aims = runs if params["run"] is None else [runs[params["run"]]]
    simulation = Simulation(
        inputs.parents["dataset"],
        model,
        configure(model.Config, params["model_config"], model.name),
        configure(FederationConfig, params["sections"]["federation"], "federation"),
        np.array(aims, np.int32).ravel(),
        inputs.seed,
        attack=methods.attack(params["attack"]),
        aggregator=methods.aggregator(params["aggregator"]),
        device=inputs.device,
        threads=inputs.threads,
    )
    return simulation.run(inputs.report), {}


def measure(inputs: StageInputs) -> tuple[dict[str, Any], dict[str, Any]]:
    """Sum up the runs: metrics at the end of training, and the log of every epoch."""
    runs = [parent for role, parent in sorted(inputs.parents.items()) if role.startswith("run-")]
    return summarise(runs)
