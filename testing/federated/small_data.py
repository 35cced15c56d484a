"""The small federation that contracts play in: checkerboard clients, parameters halfway, a round of uploads."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ...attacks import Adversary, FederatedAttack
from ...attacks.federated.common.public import PublicUsers
from ...benchmark.scenarios.federated.stages import members, public_users
from ...benchmark.scenarios.federated.stages import simulation as set_up
from ...core.interactions import Interactions
from ...core.seeds import generator
from ...models.federation.settings import FederationConfig
from .. import small_data
from ..observe import one_thread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...defenses import Aggregator
    from ...models import FederatedModel
    from ...models.federation.gradients import ClientGradients
    from ...models.federation.parameters import Parameters
    from ...models.federation.simulation import Simulation

PROTOCOL = FederationConfig(epochs=6, clients_per_round=32, lr=0.01, negatives=2)


def data() -> Interactions:
    """Return the checkerboard's provider: some 130 clients, 80 items of two colours."""
    return small_data.partition().provider


def targets(shown: bool = False) -> NDArray[np.int32]:
    """Return two items that fewest interacted with, or two that an honest federation shows most."""
    counts = -usual_exposure() if shown else data().item_counts()[1:]
    return np.sort(np.argsort(counts, kind="stable")[:2] + 1).astype(np.int32)


def audience() -> NDArray[np.bool_]:
    """Return bool ``[clients]``: who is black; the colour decides which items a client has."""
    found = members(data(), "colour:black")
    assert found is not None
    return found


def public() -> PublicUsers:
    """Return what anybody can read of a third of the clients."""
    return public_users(data(), PROTOCOL, audience(), data().n_users // 3, small_data.SEED)


def exposure(attack: FederatedAttack | None, wanted: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return float64 ``[wanted]``: ER@10 of some items after a training, in percent."""
    with one_thread():
        run = set_up(data(), victim(), PROTOCOL, wanted, small_data.SEED, attack, audience=audience()).run()
    return 100 * np.array(run["epochs"][-1]["ER@10"], np.float64)


@functools.cache
def usual_exposure() -> NDArray[np.float64]:
    """Return float64 ``[n_items]``: ER@10 of every item without an attack, in percent."""
    return exposure(None, np.arange(1, data().n_items + 1, dtype=np.int32))


def victim() -> FederatedModel:
    """Return NCF in its default sizes."""
    from ...models.ncf import NCF, NCFConfig

    return NCF(NCFConfig())


def victims() -> tuple[FederatedModel, ...]:
    """Return victims of two shapes: NCF; and MF with biases, its users narrower than item rows, and nothing else."""
    from ...models.mf import MF, MFConfig

    return victim(), MF(MFConfig(embedding_size=4, item_bias=True))


def parameters(model: FederatedModel | None = None) -> Parameters:
    """Return global parameters of a victim, by default NCF, large enough that gradients differ."""
    drawn = (model or victim()).parameters(data().n_items, generator(small_data.SEED, "parameters"))
    return enlarged(drawn, generator(small_data.SEED, "noise"))


def enlarged(drawn: Parameters, rng: np.random.Generator) -> Parameters:
    """Return parameters far from where training starts: item rows and all else from Gaussian distributions added."""
    from ...models.federation.parameters import normal_rows

    items = drawn.items + normal_rows(len(drawn.items), drawn.items.shape[1], 0.5, rng)
    items[0] = 0.0
    return replace(drawn, items=items, others=drawn.others + normal_rows(1, len(drawn.others), 0.1, rng)[0])


def adversary(
    clients: int, seed: int = small_data.SEED, model: FederatedModel | None = None, knows: PublicUsers | None = None
) -> Adversary:
    """Return what the attacker behind some malicious clients holds."""
    return Adversary(clients, targets(), data().n_items, PROTOCOL, model or victim(), seed, public=knows)


def simulation(
    attack: FederatedAttack | None = None,
    aggregator: Aggregator | None = None,
    model: FederatedModel | None = None,
) -> Simulation:
    """Return the training of the small federation."""
    whole = model or victim(), PROTOCOL, targets(), small_data.SEED, attack, aggregator
    return set_up(data(), *whole, audience=audience())


def uploads(model: FederatedModel | None = None) -> ClientGradients:
    """Return what 24 benign clients upload."""
    import torch

    found = simulation(model=model).population.compute(parameters(model), torch.arange(24)).uploads
    assert found is not None
    return found


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
    from ..observe import observe

    kept: list[Any] = []

    def run() -> dict[str, Any]:
        kept.append(call())
        return {}

    trial = observe(run, {}, noise)
    return kept[-1], trial.disturbed
