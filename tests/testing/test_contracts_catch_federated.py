"""Federated attacks, aggregators and models that break their contracts are told so."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from rbench.attacks.federated.a_ra import ARa, ARaConfig
from rbench.attacks.federated.common.approximation import Approximation
from rbench.defenses import Aggregator
from rbench.models.mf import MF
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
        return replace(found, others=found.others / 0)


class Idle(Approximation):
    """Uploads nothing that matters."""

    def upload(self, parameters: Any, clients: Any) -> Any:
        found = super().upload(parameters, clients)
        return replace(found, rows=found.rows * 0, others=found.others * 0)


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
        return replace(found, rows=-found.rows, others=-found.others)


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
    from rbench.testing.federated import small_data as federation

    kept = federation.uploads()
    monkeypatch.setattr(federation, "uploads", lambda: replace(kept, rows=kept.rows.clone()))
    given = federation.uploads()
    monkeypatch.setattr(federation, "uploads", lambda: given)
    with pytest.raises(AssertionError, match=r"it changed rows"):
        aggregating(InPlace).test_its_inputs_are_left_alone()


class Careless(NCF):
    """Draws from the global random state."""

    def users(self, n: int, rng: Any, device: str = "cpu") -> Any:
        import torch

        return torch.randn(n, self.user_width)


class Wide(MF):
    """Says that users are wider than they are."""

    def users(self, n: int, rng: Any, device: str = "cpu") -> Any:
        return super().users(n, rng, device)[:, 1:]


class Crowded(MF):
    """Centres the logits of the items that are asked for."""

    def logits(self, user: Any, items: Any, named: Any) -> Any:
        found = super().logits(user, items, named)
        return found - found.mean()


class WrongSlope(NCF):
    """A fast way that is wrong in one of the things that it gives; by default it forgets the weights."""

    def local_gradients(
        self, parameters: Any, users: Any, samples: Any, weights: Any, wanted: Any = "total", pool: Any = None
    ) -> Any:
        return super().local_gradients(parameters, users, samples, weights * 0 + 1, wanted, pool)


class Changed(NCF):
    """A fast way in which one gradient is changed a little."""

    def change(self, found: Any) -> Any:
        raise NotImplementedError

    def local_gradients(
        self, parameters: Any, users: Any, samples: Any, weights: Any, wanted: Any = "total", pool: Any = None
    ) -> Any:
        return self.change(super().local_gradients(parameters, users, samples, weights, wanted, pool))


class WrongLoss(Changed):
    """Reports other losses."""

    def change(self, found: Any) -> Any:
        return replace(found, losses=found.losses * 1.0001)


class WrongRows(Changed):
    """Gives one client's items another gradient, and only where clients are asked for one by one."""

    def change(self, found: Any) -> Any:
        if found.uploads is None:
            return found
        rows = found.uploads.rows * (1 + 1e-6 * (found.uploads.clients == 3)[:, None])
        return replace(found, uploads=replace(found.uploads, rows=rows))


class WrongBias(Changed):
    """Gives the last bias another gradient, and only in total."""

    def change(self, found: Any) -> Any:
        if found.total is None:
            return found
        others = found.total.others.clone()
        others[-1] += 0.01
        return replace(found, total=replace(found.total, others=others))


class Forgetful(Changed):
    """Returns no uploads."""

    def change(self, found: Any) -> Any:
        return replace(found, uploads=None)


class Shuffled(NCF):
    """Scores that order items otherwise than the logits."""

    def scorer(self, parameters: Any, users: Any) -> Any:
        return super().scorer(parameters, users * 1.01)


class Unsteady(NCF):
    """Gradients that depend on the number of threads."""

    def local_gradients(
        self, parameters: Any, users: Any, samples: Any, weights: Any, wanted: Any = "total", pool: Any = None
    ) -> Any:
        alone = pool is None or pool._pool is None
        return super().local_gradients(parameters, users, samples, weights * (1 if alone else 1.1), wanted, pool)


@pytest.mark.parametrize(
    ("cls", "test", "told"),
    [
        (Careless, "it_draws_from_the_generator_alone", "two draws from one generator differ"),
        (Wide, "the_parameters_fit_together", r"users have shape \(5, 31\)"),
        (Crowded, "an_items_logit_is_its_own", "depends on the other items"),
        (WrongSlope, "its_gradients_are_those_of_its_logits", r"users' gradients \(total\) are not what automatic"),
        (WrongLoss, "its_gradients_are_those_of_its_logits", r"losses \(total\) are not"),
        (WrongRows, "its_gradients_are_those_of_its_logits", r"client 3's item rows \(uploads\) are not"),
        (WrongBias, "its_gradients_are_those_of_its_logits", r"other gradients \(total\) are not"),
        (Forgetful, "its_gradients_are_those_of_its_logits", "asked for uploads, it returns none"),
        (Unsteady, "threads_change_no_gradient", "another number of threads"),
        (Shuffled, "its_scores_order_items_as_its_logits", "more than one number a user"),
    ],
)
def test_models_that_break_their_contract(cls: Any, test: str, told: str) -> None:
    contract = named(FederatedModelContract, "model", cls)
    with pytest.raises(AssertionError, match=told):
        getattr(contract, f"test_{test}")()
