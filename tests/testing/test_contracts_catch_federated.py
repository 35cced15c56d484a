"""Federated attacks, aggregators and models that break their contracts are told so."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from rbench.attacks.federated.a_ra import ARa, ARaConfig
from rbench.attacks.federated.common.approximation import Approximation
from rbench.defenses import Aggregator
from rbench.models.ncf import NCF
from rbench.testing import AggregatorContract, FederatedAttackContract, FederatedModelContract


@dataclass(frozen=True)
class NoOptions:
    """None."""


def named(base: type, kind: str, cls: type) -> Any:
    cls.name = cls.__name__.lower()  # type: ignore[attr-defined]
    return type("Contract", (base,), {kind: cls})()


def attacking(clients: type) -> Any:
    class Attack(ARa):
        """An attack with other clients."""

        Config = ARaConfig

        def recruit(self, adversary: Any) -> Any:
            return clients(adversary, 10, 0.01, True, False)

    return named(FederatedAttackContract, "attack", Attack)


class Overwriting(Approximation):
    """Works on the server's own parameters."""

    def upload(self, parameters: Any, clients: Any) -> Any:
        parameters.items[1] += 1
        return super().upload(parameters, clients)


class Unseeded(Approximation):
    """Draws from the global random state."""

    def upload(self, parameters: Any, clients: Any) -> Any:
        found = super().upload(parameters, clients)
        return replace(found, rows=found.rows * float(np.random.rand()))


class Infinite(Approximation):
    """Uploads what no server can add."""

    def upload(self, parameters: Any, clients: Any) -> Any:
        found = super().upload(parameters, clients)
        return replace(found, mlp=found.mlp / 0)


class Idle(Approximation):
    """Uploads nothing that matters."""

    def upload(self, parameters: Any, clients: Any) -> Any:
        found = super().upload(parameters, clients)
        return replace(found, rows=found.rows * 0, mlp=found.mlp * 0)


def test_attacks_that_break_their_contract() -> None:
    with pytest.raises(AssertionError, match="changed the parameters"):
        attacking(Overwriting).test_what_it_received_is_left_alone()
    with pytest.raises(AssertionError, match="two runs with one seed differ"):
        attacking(Unseeded).test_the_same_seed_gives_the_same_uploads()
    with pytest.raises(AssertionError, match="not finite"):
        attacking(Infinite).test_what_it_uploads_are_gradients()
    with pytest.raises(AssertionError, match=r"points, from .* to .*, and more than 5 are needed; .*share = 0\.2"):
        attacking(Idle).test_it_lifts_the_targets()


class Hiding(Approximation):
    """Uploads the opposite of what would promote the targets."""

    def upload(self, parameters: Any, clients: Any) -> Any:
        found = super().upload(parameters, clients)
        return replace(found, rows=-found.rows, mlp=-found.mlp)


def test_an_attack_that_demotes() -> None:
    hiding = attacking(Hiding)
    with pytest.raises(AssertionError, match=r"ER@10 of the targets rises by -?\d+\.\d points"):
        hiding.test_it_lifts_the_targets()
    hiding.method.direction = "demote"
    hiding.test_it_names_its_source_and_its_audience()
    hiding.test_it_lifts_the_targets()


class Sum(Aggregator):
    """The server without a defense."""

    Config, paper = NoOptions, "none"

    def aggregate(self, gradients: Any, server: Any) -> Any:
        return gradients.total()


class Mean(Sum):
    """On another scale."""

    def aggregate(self, gradients: Any, server: Any) -> Any:
        return gradients.total() * (1 / len(gradients))


class First(Sum):
    """Believes the first client."""

    def aggregate(self, gradients: Any, server: Any) -> Any:
        return gradients.of(0) * len(gradients)


class InPlace(Sum):
    """Changes the evidence."""

    def aggregate(self, gradients: Any, server: Any) -> Any:
        gradients.rows.clamp_(-1e-9, 1e-9)
        return gradients.total()


class Noisy(Sum):
    """Moves items that nobody uploads."""

    def aggregate(self, gradients: Any, server: Any) -> Any:
        total = gradients.total()
        return replace(total, items=total.items + 1)


def aggregating(cls: type) -> Any:
    return named(AggregatorContract, "defense", cls)


def test_an_aggregator_that_keeps_its_contract() -> None:
    fine = aggregating(Sum)
    fine.test_what_it_returns_is_a_gradient()
    fine.test_the_order_of_clients_does_not_matter()
    fine.test_clients_who_agree_are_added_up()
    fine.test_its_inputs_are_left_alone()
    fine.test_it_lets_training_go_on()


def test_aggregators_that_break_their_contract() -> None:
    with pytest.raises(AssertionError, match="clients who upload the same do not give"):
        aggregating(Mean).test_clients_who_agree_are_added_up()
    with pytest.raises(AssertionError, match="another order of the clients"):
        aggregating(First).test_the_order_of_clients_does_not_matter()
    with pytest.raises(AssertionError, match="an item that no client uploads"):
        aggregating(Noisy).test_what_it_returns_is_a_gradient()


def test_an_aggregator_that_changes_its_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    from rbench.testing import small_federation as federation

    kept = federation.uploads()
    monkeypatch.setattr(federation, "uploads", lambda: replace(kept, rows=kept.rows.clone()))
    given = federation.uploads()
    monkeypatch.setattr(federation, "uploads", lambda: given)
    with pytest.raises(AssertionError, match=r"it changed rows"):
        aggregating(InPlace).test_its_inputs_are_left_alone()


class Careless(NCF):
    """Draws from the global random state."""

    @classmethod
    def users(cls, config: Any, n: int, rng: Any, device: str = "cpu") -> Any:
        import torch

        return torch.randn(n, config.embedding_size)


def test_a_model_that_breaks_its_contract() -> None:
    with pytest.raises(AssertionError, match="two draws from one generator differ"):
        named(FederatedModelContract, "model", Careless).test_it_draws_from_the_generator_alone()
