"""The contract of federated victims."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ... import models
from ...core.seeds import generator
from .. import small_data
from ..contract import ConfiguredContract
from ..observe import DISTURBED, one_thread
from . import small_data as federation

if TYPE_CHECKING:
    from torch import Tensor

    from ...models.federation.gradients import LocalGradients, Wanted
    from ...models.federation.parameters import Parameters
    from ...models.federation.samples import Samples

ITEMS, USERS = 12, 5
CLOSE = 1e-9
"""How far a fast way may be from the general one in float64, as a share of the largest number."""


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

    def made(self) -> models.FederatedModel:
        """Return the model with its options."""
        model: models.FederatedModel = self.method(self.config())
        return model

    def draw(self, seed: int, noise: int = 1) -> tuple[Parameters, Tensor, tuple[str, ...]]:
        """Return fresh parameters and user embeddings, and whose random state changed."""

        def make() -> tuple[Parameters, Tensor]:
            rng, model = generator(seed), self.made()
            return model.parameters(ITEMS, rng), model.users(USERS, rng)

        (parameters, users), changed = federation.disturbed(noise, make)
        return parameters, users, changed

    def case(self, lengths: list[int], seed: int, n_items: int = ITEMS) -> tuple[Parameters, Tensor, Samples, Tensor]:
        """Return, in float64, what ``local_gradients`` takes for clients with so many random samples each."""
        import torch

        from ...models.federation.samples import Samples

        rng, model, total = generator(seed, "case"), self.made(), sum(lengths)
        drawn = federation.enlarged(model.parameters(n_items, rng), rng)
        each = torch.tensor(lengths, dtype=torch.long)
        samples = Samples(
            torch.from_numpy(rng.integers(1, n_items + 1, total)),
            torch.from_numpy(rng.integers(0, 2, total).astype(float)),
            each.cumsum(0) - each,
            each,
        )
        users = torch.from_numpy(rng.normal(0, 0.5, (len(lengths), model.user_width)))
        parameters = replace(drawn, items=drawn.items.double(), others=drawn.others.double())
        return parameters, users, samples, torch.from_numpy(rng.random(len(lengths)))

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
        """A row for each item, padding's zero; users as wide as the model says; single precision."""
        import torch

        parameters, users, _ = self.draw(1)
        assert parameters.items.ndim == 2 and len(parameters.items) == ITEMS + 1, "items should be [n_items + 1, d]"
        assert not parameters.items[0].any(), "row 0 of items is padding and should be zero"
        assert users.shape == (USERS, self.made().user_width), f"users have shape {tuple(users.shape)}"
        assert {parameters.items.dtype, parameters.others.dtype, users.dtype} == {torch.float32}, "should be float32"
        assert sum(part.numel() for part in parameters.named().values()) == len(parameters.others)
        assert parameters.finite()

    def test_an_items_logit_is_its_own(self) -> None:
        """One number an item, the same whichever other items are asked for with it."""
        parameters, users, _, _ = self.case([1], 1)
        model, named = self.made(), parameters.named()
        whole = model.logits(users[0], parameters.items, named)
        assert whole.shape == (ITEMS + 1,), f"logits of {ITEMS + 1} items have shape {tuple(whole.shape)}"
        for some in ([3], [5, 2, 2]):
            part = model.logits(users[0], parameters.items[some], named)
            assert _apart(part, whole[some]) < CLOSE, "an item's logit depends on the other items asked for"

    def test_its_gradients_are_those_of_its_logits(self) -> None:
        """On clients with no, few and many samples, in sum and one by one, as automatic differentiation has it."""
        from ...models.federation import general

        model = self.made()
        for seed in range(3):
            rng = generator(seed, "lengths")
            for lengths in ([1], [0, *rng.integers(0, 40, 6).tolist(), 0], rng.integers(1, 9, 12).tolist()):
                given = self.case(lengths, seed, n_items=ITEMS if seed else 400)
                before = federation.arrays(given[0])
                for wanted in ("total", "uploads", "users"):
                    found = model.local_gradients(*given, wanted)
                    _same_gradients(found, general.local_gradients(model.logits, *given, wanted), wanted)
                now = federation.arrays(given[0])
                assert all(now[name].tobytes() == before[name].tobytes() for name in now), "it changed the parameters"

    def test_threads_change_no_gradient(self) -> None:
        """Records are the same on every machine."""
        from ...models.federation.threads import ThreadPool

        model, given = self.made(), self.case([9000, 8500, 9000, 7000, 9000, 3], 1)
        for wanted in ("total", "uploads"):
            one, two = (model.local_gradients(*given, wanted, ThreadPool(n)) for n in (1, 3))
            assert federation.same(one, two) and federation.same(getattr(one, wanted), getattr(two, wanted)), (
                f"another number of threads gives other gradients ({wanted})"
            )

    def test_its_scores_order_items_as_its_logits(self) -> None:
        """Scores may differ from the logits by one number a user, and by no more."""
        import torch

        from ...models.federation.general import GeneralScorer

        model = self.made()
        for n_items in (ITEMS, 300):
            parameters, users, _, _ = self.case([1] * 9, 1, n_items)
            scores = [users.new_full((6, n_items + 1), torch.nan) for _ in range(2)]
            model.scorer(parameters, users).fill(scores[0], 2)
            GeneralScorer(model.logits, parameters, users).fill(scores[1], 2)
            found, expected = (s[:, 1:] - s[:, 1:2] for s in scores)
            assert _apart(found, expected) < CLOSE, "scores differ from the logits by more than one number a user"

    def test_it_learns_the_checkerboard(self) -> None:
        """The loss falls, and users find more of what was held out than by chance."""
        from ...models.federation.simulation import Simulation

        protocol = replace(federation.PROTOCOL, **{"epochs": 60, "lr": 0.05, **self.protocol})
        simulation = Simulation(federation.data(), self.made(), protocol, federation.targets(), small_data.SEED)
        with one_thread():
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


def _same_gradients(found: LocalGradients, expected: LocalGradients, wanted: Wanted) -> None:
    """Refuse losses and gradients that differ."""
    pairs = {"losses": (found.losses, expected.losses), "users' gradients": (found.users, expected.users)}
    if wanted != "users":
        one, two = getattr(found, wanted), getattr(expected, wanted)
        assert one is not None, f"asked for {wanted}, it returns none"
        if wanted == "uploads":
            assert len(one) == len(two), f"uploads are of {len(one)} clients instead of {len(two)}"
            pairs |= {f"client {k}'s item rows": (one.of(k).items, two.of(k).items) for k in range(len(two))}
        else:
            pairs["item rows"] = one.items, two.items
        pairs["other gradients"] = one.others, two.others
    for name, (a, b) in pairs.items():
        assert a.shape == b.shape, f"{name} ({wanted}) have shape {tuple(a.shape)}, should have {tuple(b.shape)}"
        assert _apart(a, b) < CLOSE, f"{name} ({wanted}) are not what automatic differentiation of the logits gives"


def _apart(one: Tensor, two: Tensor) -> float:
    """Return the largest difference as a share of the largest number; NaN counts as infinitely far."""
    if not two.numel():
        return 0.0
    apart = float((one - two).abs().max()) / max(1e-12, float(two.abs().max()))
    return apart if np.isfinite(apart) else np.inf
