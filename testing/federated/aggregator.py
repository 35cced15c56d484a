"""The contract of a server's rule in a federation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pytest

from ... import defenses
from ...core.seeds import generator
from .. import small_data
from ..contract import ConfiguredContract
from ..observe import DISTURBED
from . import small_data as federation

if TYPE_CHECKING:
    from ...models.federation.gradients import ClientGradients, Gradient

CLOSE = 2e-5


class AggregatorContract(ConfiguredContract):
    """Contract of an ``Aggregator``.

    Attributes:
        defense: The class under test.
        options: Options with which it must work on a round of 24 clients.
        agrees: Whether clients who all upload the same must give its sum.
    """

    kind, registry = "defense", defenses.registry
    defense: ClassVar[type[defenses.Aggregator]]
    agrees: ClassVar[bool] = True

    def aggregate(self, gradients: ClientGradients) -> Gradient:
        """Return what a fresh rule makes of a first round."""
        rule: defenses.Aggregator = self.method(self.config())
        return rule.aggregate(gradients, defenses.Server(generator(small_data.SEED, "server")))

    def test_it_names_its_source(self) -> None:
        """The report shows it."""
        assert getattr(self.method, "paper", "").strip(), "paper should say where the method comes from"
        assert self.method.scenario == "federated", "scenario should be federated"

    def test_what_it_returns_is_a_gradient(self) -> None:
        """It has the parameters' shapes, is finite, and is zero where no client uploads; whatever the victim."""
        import torch

        for victim in federation.victims():
            given, like = federation.uploads(victim), federation.parameters(victim)
            found = self.aggregate(given)
            for name in ("items", "others"):
                part = getattr(found, name)
                assert part.shape == getattr(like, name).shape, f"{name} has shape {tuple(part.shape)}"
                assert bool(part.isfinite().all()), "the gradient is not finite"
            untouched = torch.bincount(given.items, minlength=len(found.items)) == 0
            assert not found.items[untouched].any(), "an item that no client uploads gets a gradient"

    def test_the_same_uploads_give_the_same_bytes(self) -> None:
        """Two calls agree byte for byte, whatever the global random states are."""
        one, changed = federation.disturbed(1, lambda: self.aggregate(federation.uploads()))
        two, _ = federation.disturbed(2, lambda: self.aggregate(federation.uploads()))
        assert federation.same(one, two), "two calls differ: draw from server.rng"
        assert not changed, DISTURBED.format(", ".join(changed))

    def test_its_inputs_are_left_alone(self) -> None:
        """What clients uploaded is evidence."""
        given = federation.uploads()
        before = federation.arrays(given)
        self.aggregate(given)
        changed = [name for name, now in federation.arrays(given).items() if now.tobytes() != before[name].tobytes()]
        assert not changed, f"it changed {', '.join(changed)} of what the clients uploaded: work on a copy"

    def test_the_order_of_clients_does_not_matter(self) -> None:
        """Clients are selected at random."""
        import torch

        given = federation.uploads()
        one, two = self.aggregate(given), self.aggregate(given.reorder(torch.arange(len(given)).flip(0)))
        _close(one, two, "another order of the clients gives another gradient")

    def test_clients_who_agree_are_added_up(self) -> None:
        """A rule that answers on another scale than a sum would change what the learning rate means."""
        if not self.agrees:
            pytest.skip("agrees = False: the rule is said to answer on another scale")
        import torch

        from ...models.federation.gradients import ClientGradients

        given = federation.uploads()
        own = given.clients == 0
        one = ClientGradients(given.n_items, given.clients[own], given.items[own], given.rows[own], given.others[:1])
        for n in (24, 7):
            _close(
                self.aggregate(ClientGradients.concatenate([one] * n)),
                one.weighted(torch.full((1,), float(n))),
                f"{n} clients who upload the same do not give {n} times that: answer on the scale of a sum, or say "
                "agrees = False",
            )

    def test_what_it_says_of_clients_can_be_judged(self) -> None:
        """If it tells the server whom it distrusts, it does so once a round, of every client."""
        given = federation.uploads()
        server = defenses.Server(generator(small_data.SEED, "server"))
        self.method(self.config()).aggregate(given, server)
        assert len(server.told) <= 1, "it tells the server more than once whom it distrusts"
        for told in server.told:
            shapes = told.scores.shape, told.flagged.shape
            assert shapes == ((len(given),),) * 2, f"scores and flags have shapes {shapes}, not one for each client"
            assert np.isfinite(told.scores).all(), "a score is not finite"
            assert told.flagged.dtype == np.bool_, "flags are not true or false"

    def test_it_lets_training_go_on(self) -> None:
        """An epoch runs to its last, smaller round."""
        run = federation.simulation(aggregator=self.method(self.config()))
        untrained = run.parameters
        assert run.train(0) > 0 and not federation.same(run.parameters, untrained), "nothing was learnt"


def _close(one: Any, two: Any, otherwise: str) -> None:
    for name in ("items", "others"):
        a, b = getattr(one, name), getattr(two, name)
        difference = float((a - b).abs().max()) / max(1e-12, float(b.abs().max()))
        assert difference < CLOSE, f"{otherwise} ({name} differs by {difference:.2g} of its largest; {CLOSE:g} may be)"
