"""The contract of federated victims."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any, ClassVar

from .. import models
from ..core.seeds import generator
from . import small_data
from . import small_federation as federation
from .contract import ConfiguredContract
from .observe import DISTURBED

ITEMS, USERS = 12, 5


class FederatedModelContract(ConfiguredContract):
    """Contract of a ``FederatedModel``.

    Attributes:
        model: The class under test.
        options: Sizes to test with.
        protocol: Changes to the short training, for models that learn slowly.
    """

    kind, registry = "model", models.registry
    model: ClassVar[type[models.FederatedModel]]
    protocol: ClassVar[Mapping[str, Any]] = {}

    def draw(self, seed: int, noise: int = 1) -> tuple[Any, Any, tuple[str, ...]]:
        """Return fresh parameters and user embeddings, and whose random state changed."""

        def make() -> tuple[Any, Any]:
            rng, config = generator(seed), self.config()
            return self.method.build(config, ITEMS, rng), self.method.users(config, USERS, rng)

        (parameters, users), changed = federation.disturbed(noise, make)
        return parameters, users, changed

    def test_it_is_federated(self) -> None:
        """The harness pairs victims with attacks by it."""
        assert self.method.scenario == "federated"

    def test_it_draws_from_the_generator_alone(self) -> None:
        """Two draws agree byte for byte, and another seed gives others."""
        (one, users, changed), (two, again, _), (other, _, _) = self.draw(1, 1), self.draw(1, 2), self.draw(2)
        assert federation.same(one, two) and bool((users == again).all()), (
            "two draws from one generator differ: use rng alone"
        )
        assert not federation.same(one, other), "the generator does not matter: draw from the rng that is given"
        assert not changed, DISTURBED.format(", ".join(changed))

    def test_the_parameters_fit_together(self) -> None:
        """Padding's row is zero, sizes name the layers, and users are as wide as items."""
        parameters, users, _ = self.draw(1)
        width = parameters.items.shape[1]
        assert parameters.items.shape == (ITEMS + 1, width) and not parameters.items[0].any()
        assert users.shape == (USERS, width), f"users have shape {tuple(users.shape)}"
        assert parameters.sizes[0] == 2 * width and parameters.sizes[-1] == 1, f"sizes are {parameters.sizes}"
        assert len(parameters.mlp) == sum((a + 1) * b for a, b in itertools.pairwise(parameters.sizes))
        assert parameters.finite()

    def test_it_learns_the_checkerboard(self) -> None:
        """The loss falls, and users find more of what was held out than by chance."""
        from dataclasses import replace

        from ..models.federation.simulation import Simulation

        protocol = replace(federation.PROTOCOL, **{"epochs": 60, "lr": 0.05, **self.protocol})
        simulation = Simulation(
            federation.data(), self.method, self.config(), protocol, federation.targets(), small_data.SEED
        )
        found = simulation.run()
        first, last = found["epochs"][0], found["epochs"][-1]
        assert last["loss"] < first["loss"], (
            f"the loss goes from {first['loss']:.3f} to {last['loss']:.3f}, and has to fall; another rate may help: "
            'protocol = {"lr": 0.02}'
        )
        chance = found["chance"]["recall@20"]
        assert last["recall@20"] > 1.2 * chance, (
            f"recall@20 is {last['recall@20']:.3f}, and more than {1.2 * chance:.3f} is needed, 1.2 times that of "
            'chance; longer training helps: protocol = {"epochs": 120}'
        )
