"""The contract of attacks by malicious clients of a federation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from ... import attacks
from ...core.errors import UserError
from .. import small_data
from ..contract import ConfiguredContract
from ..observe import DISTURBED
from . import small_data as federation

if TYPE_CHECKING:
    from ...models import FederatedModel

CLIENTS, ROUNDS = 3, 4


class FederatedAttackContract(ConfiguredContract):
    """Contract of a ``FederatedAttack``.

    Attributes:
        attack: The class under test.
        options: Options with which it must work.
        share: Share of malicious clients with which ``lifts`` is tried.
        lifts: Whether it must raise the targets' exposure, or, with ``direction = "demote"``, lower it.
        draws: Whether another seed must give other uploads.
    """

    kind, registry = "attack", attacks.registry
    attack: ClassVar[type[attacks.FederatedAttack]]
    share: ClassVar[float] = 0.1
    lifts: ClassVar[bool] = True
    draws: ClassVar[bool] = True

    def made(self, **changes: object) -> attacks.FederatedAttack:
        """Return the attack with its options."""
        attack: attacks.FederatedAttack = self.method(self.config(**changes))
        return attack

    def adversary(self, seed: int = small_data.SEED, victim: FederatedModel | None = None) -> attacks.Adversary:
        """Return what the attack holds; public profiles only if it aims at a group."""
        knows = federation.public() if issubclass(self.method, attacks.GroupClientAttack) else None
        return federation.adversary(CLIENTS, seed, victim, knows)

    def run(
        self, seed: int = small_data.SEED, noise: int = 1, victim: FederatedModel | None = None
    ) -> tuple[list[Any], tuple[str, ...]]:
        """Return what two of the clients upload in successive rounds, and whose random state changed."""
        import torch

        def upload() -> list[Any]:
            clients = self.made().recruit(self.adversary(seed, victim))
            return [clients.upload(federation.parameters(victim), torch.tensor([2, 0])) for _ in range(ROUNDS)]

        return federation.disturbed(noise, upload)

    def test_it_names_its_source_and_its_audience(self) -> None:
        """The report shows the source, and the audience decides the table."""
        cls = self.method
        assert getattr(cls, "paper", "").strip(), f"{cls.__name__}.paper should say where the method comes from"
        aimed = issubclass(cls, attacks.GroupClientAttack)
        assert cls.audience == ("group" if aimed else "all"), (
            f"{cls.__name__}.audience should be {'group' if aimed else 'all: clients know no groups'}"
        )
        assert cls.direction in ("promote", "demote"), f"{cls.__name__}.direction should be promote or demote"
        assert cls.scenario == "federated", f"{cls.__name__}.scenario should be federated"

    def test_it_says_how_many_clients_it_needs(self) -> None:
        """A share of the benign clients, rounded down; none at all is the user's mistake."""
        assert self.made(malicious=0.25).malicious(10) == 2
        with pytest.raises(UserError, match=r"smallest share that gives one is 0\.1"):
            self.made(malicious=0.05).malicious(10)

    def test_what_it_uploads_are_gradients(self) -> None:
        """Of the two clients asked for, finite, for items that exist, no row twice; whatever the victim."""
        import torch

        for victim in federation.victims():
            like = federation.parameters(victim)
            for found in self.run(victim=victim)[0]:
                assert found.others.shape == (2, len(like.others)), f"others has shape {tuple(found.others.shape)}"
                assert found.rows.shape == (len(found.items), like.items.shape[1]), "a row for each item listed"
                assert bool(((found.items >= 1) & (found.items <= like.n_items)).all()), "items are ids from 1"
                assert bool(((found.clients >= 0) & (found.clients < 2)).all()), "clients count from 0 in the round"
                pairs = found.clients * (like.n_items + 1) + found.items
                assert len(torch.unique(pairs)) == len(pairs), "a client lists an item twice"
                assert bool(found.rows.isfinite().all() and found.others.isfinite().all()), "a gradient is not finite"

    def test_the_same_seed_gives_the_same_uploads(self) -> None:
        """Two runs agree byte for byte, whatever the global random states are."""
        (one, changed), (two, _) = self.run(noise=1), self.run(noise=2)
        assert all(map(federation.same, one, two)), "two runs with one seed differ: draw from core.seeds.generator"
        assert not changed, DISTURBED.format(", ".join(changed))

    def test_another_seed_gives_other_uploads(self) -> None:
        """Seeds are repetitions only if they matter."""
        if self.draws:
            one, two = self.run()[0], self.run(seed=small_data.SEED + 1)[0]
            assert not all(map(federation.same, one, two)), (
                "the seed changes nothing: draw from core.seeds.generator(adversary.seed, ...), or say draws = False"
            )

    def test_what_it_received_is_left_alone(self) -> None:
        """The server's parameters are not the clients' to change."""
        import torch

        received, adversary = federation.parameters(), self.adversary()
        before = adversary.targets.copy()
        self.made().recruit(adversary).upload(received, torch.tensor([0, 1]))
        assert federation.same(received, federation.parameters()), "it changed the parameters: work on a copy"
        assert (adversary.targets == before).all(), "it changed the targets: work on a copy"

    def test_it_lifts_the_targets(self) -> None:
        """With many malicious clients, more users see the targets than without; with a demoting attack, fewer."""
        if not self.lifts:
            pytest.skip("lifts = False: the attack is not meant to work on the checkerboard")
        demotes = self.method.direction == "demote"
        targets = federation.targets(shown=demotes)
        before = federation.usual_exposure()[targets - 1].mean()
        after = federation.exposure(self.made(malicious=self.share), targets).mean()
        moved = before - after if demotes else after - before
        assert moved > small_data.NOTICEABLE, (
            f"ER@10 of the targets {'falls' if demotes else 'rises'} by {moved:.1f} points, from {before:.1f} to "
            f"{after:.1f}, and more than {small_data.NOTICEABLE:g} are needed; more malicious clients help: "
            f"share = {2 * self.share:g}; or say lifts = False if the attack is not meant to work on the checkerboard"
        )
