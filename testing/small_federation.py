"""The small federation that contracts play in: checkerboard clients, parameters halfway, a round of uploads."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.interactions import Interactions
from ..core.seeds import generator
from ..models.federation.settings import FederationConfig
from . import small_data
from .observe import one_thread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..attacks import FederatedAttack
    from ..models import FederatedModel
    from ..models.federation.adversary import Adversary
    from ..models.federation.gradients import ClientGradients
    from ..models.federation.parameters import Parameters

PROTOCOL = FederationConfig(epochs=6, clients_per_round=32, lr=0.01, negatives=2)


def data() -> Interactions:
    """Return the checkerboard's provider: some 130 clients, 80 items of two colours."""
    return small_data.partition().provider


def targets(shown: bool = False) -> NDArray[np.int32]:
    """Return two items that fewest interacted with, or two that an honest federation shows most."""
    counts = -usual_exposure() if shown else data().item_counts()[1:]
    return np.sort(np.argsort(counts, kind="stable")[:2] + 1).astype(np.int32)


def exposure(attack: FederatedAttack | None, wanted: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return float64 ``[wanted]``: ER@10 of some items after a training, in percent."""
    from ..models.federation.simulation import Simulation

    with one_thread():
        run = Simulation(data(), *victim(), PROTOCOL, wanted, small_data.SEED, attack=attack).run()
    return 100 * np.array(run["epochs"][-1]["ER@10"], np.float64)


@functools.cache
def usual_exposure() -> NDArray[np.float64]:
    """Return float64 ``[n_items]``: ER@10 of every item without an attack, in percent."""
    return exposure(None, np.arange(1, data().n_items + 1, dtype=np.int32))


def victim() -> tuple[type[FederatedModel], Any]:
    """Return NCF and its configuration."""
    from ..models.ncf import NCF, NCFConfig

    return NCF, NCFConfig()


def parameters() -> Parameters:
    """Return global parameters large enough that gradients differ."""
    import torch

    from ..models.federation.parameters import Parameters

    drawn = Parameters.draw(data().n_items, 8, (8, 8), 0.5, generator(small_data.SEED, "parameters"))
    noise = generator(small_data.SEED, "biases").normal(0, 0.1, len(drawn.mlp)).astype(np.float32)
    return Parameters(drawn.items, drawn.mlp + torch.from_numpy(noise), drawn.sizes)


def adversary(clients: int, seed: int = small_data.SEED) -> Adversary:
    """Return the party behind some malicious clients."""
    from ..models.federation.adversary import Adversary

    model, config = victim()
    return Adversary(clients, targets(), data().n_items, PROTOCOL, model, config, seed)


@functools.cache
def uploads() -> ClientGradients:
    """Return what 24 benign clients upload."""
    import torch

    from ..models.federation.simulation import Simulation

    run = Simulation(data(), *victim(), PROTOCOL, targets(), small_data.SEED)
    return run.population.compute(parameters(), torch.arange(24)).uploads()


def arrays(value: Any) -> dict[str, NDArray[Any]]:
    """Return the tensors of a dataclass as arrays of their own, by field."""
    import torch

    return {name: part.cpu().numpy().copy() for name, part in vars(value).items() if isinstance(part, torch.Tensor)}


def same(one: Any, two: Any) -> bool:
    """Whether two dataclasses of tensors agree byte for byte."""
    first, second = arrays(one), arrays(two)
    return first.keys() == second.keys() and all(
        first[n].dtype == second[n].dtype and first[n].tobytes() == second[n].tobytes() for n in first
    )


def disturbed(noise: int, call: Any) -> tuple[Any, tuple[str, ...]]:
    """Call with seeded global random states and one thread; returns the result and whose state was changed."""
    from .observe import observe

    kept: list[Any] = []

    def run() -> dict[str, Any]:
        kept.append(call())
        return {}

    trial = observe(run, {}, noise)
    return kept[-1], trial.disturbed
