"""The general way, by automatic differentiation, gives what a loop over clients gives, for any model."""

from __future__ import annotations

import resource
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rbench import attacks, defenses
from rbench.attacks import Adversary
from rbench.benchmark.scenarios.federated.stages import simulation
from rbench.core.seeds import generator
from rbench.models import FederatedModel
from rbench.models.federation import general
from rbench.models.federation.general import GeneralScorer, local_gradients
from rbench.models.federation.parameters import Parameters
from rbench.models.federation.samples import Samples
from rbench.models.federation.settings import FederationConfig
from rbench.models.mf import MF, MFConfig
from rbench.models.ncf import NCF, NCFConfig

EXACT = {"atol": 1e-12, "rtol": 1e-10}


class Bilinear(FederatedModel):
    """Scores tanh(user W item) + b: users of another width than items, a matrix, a vector and a single number."""

    user_width = 3

    def parameters(self, n_items: int, rng: Any, device: str = "cpu") -> Parameters:
        items, *others = (torch.from_numpy(rng.normal(0, 0.7, s)).float() for s in ((n_items + 1, 2), (3, 2), (2,), ()))
        items[0] = 0
        return Parameters.of(items, dict(zip(("mixed", "shift", "bias"), others, strict=True)))

    def users(self, n: int, rng: Any, device: str = "cpu") -> torch.Tensor:
        return torch.from_numpy(rng.normal(0, 0.7, (n, 3))).float()

    def logits(self, user: torch.Tensor, items: torch.Tensor, named: Any) -> torch.Tensor:
        return torch.tanh((items + named["shift"]) @ named["mixed"].T @ user) + named["bias"]


MODELS = {
    "bilinear": Bilinear(None),
    "mf": MF(MFConfig(embedding_size=3)),
    "mf with biases": MF(MFConfig(embedding_size=3, item_bias=True)),
    "ncf": NCF(NCFConfig(embedding_size=3, hidden=(4, 2))),
}
every_model = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)


def case(model: FederatedModel, lengths: list[int], seed: int, n_items: int = 7) -> tuple[Any, ...]:
    """Draw parameters, users, samples and weights in float64."""
    rng = np.random.default_rng(seed)
    drawn = model.parameters(n_items, rng)
    items = drawn.items.double() + torch.from_numpy(rng.normal(0, 0.5, drawn.items.shape))
    others = drawn.others.double() + torch.from_numpy(rng.normal(0, 0.5, drawn.others.shape))
    total, each = sum(lengths), torch.tensor(lengths, dtype=torch.long)
    samples = Samples(
        torch.from_numpy(rng.integers(1, n_items + 1, total)),
        torch.from_numpy(rng.integers(0, 2, total).astype(float)),
        each.cumsum(0) - each,
        each,
    )
    users = torch.from_numpy(rng.normal(0, 0.7, (len(lengths), model.user_width)))
    return replace(drawn, items=items, others=others), users, samples, torch.from_numpy(rng.random(len(lengths)))


def loop(model: FederatedModel, parameters: Any, users: Any, samples: Any, weights: Any) -> list[tuple[Any, ...]]:
    """Each client's loss and gradients of item table, all else and user, by autograd, one after the other."""
    found = []
    for k, (start, n) in enumerate(zip(samples.starts.tolist(), samples.lengths.tolist(), strict=True)):
        table, others, user = (x.clone().requires_grad_() for x in (parameters.items, parameters.others, users[k]))
        named = replace(parameters, others=others).named()
        losses = [users.new_zeros(())] if n == 0 else []
        for i, y in zip(samples.items[start : start + n].tolist(), samples.labels[start:].tolist(), strict=False):
            losses.append(-torch.nn.functional.logsigmoid((2 * y - 1) * model.logits(user, table[i][None], named)[0]))
        (sum(losses) * weights[k] + 0 * (table.sum() + others.sum() + user.sum())).backward()
        found.append((torch.stack(losses).detach().mean(), table.grad, others.grad, user.grad))
    return found


@every_model
@given(
    lengths=st.lists(st.integers(0, 20), min_size=1, max_size=7),
    seed=st.integers(0, 2**20),
    cells=st.sampled_from([1, 20, 1 << 24]),
)
@settings(max_examples=15, deadline=None)
def test_against_the_loop(model: FederatedModel, lengths: list[int], seed: int, cells: int) -> None:
    """Whatever the size of the pieces in which clients are taken."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(general, "CELLS", cells)
        patch.setattr(general, "TOGETHER", min(cells, 1 << 14))
        given = case(model, lengths, seed)
        each = loop(model, *given)
        total, apart = (local_gradients(model.logits, *given, wanted) for wanted in ("total", "uploads"))
    only = local_gradients(model.logits, *given, "users")
    assert total.uploads is None and apart.total is None and only.total is None and only.uploads is None
    assert total.total is not None and apart.uploads is not None
    for k, (loss, items, others, user) in enumerate(each):
        for found in (total, apart, only):
            torch.testing.assert_close(found.losses[k], loss, **EXACT)
            torch.testing.assert_close(found.users[k], user, **EXACT)
        torch.testing.assert_close(apart.uploads.of(k).items, items, **EXACT)
        torch.testing.assert_close(apart.uploads.of(k).others, others, **EXACT)
    for found in (total.total, apart.uploads.total()):
        torch.testing.assert_close(found.items, sum(e[1] for e in each), **EXACT)
        torch.testing.assert_close(found.others, sum(e[2] for e in each), **EXACT)
    pairs = list(zip(apart.uploads.clients.tolist(), apart.uploads.items.tolist(), strict=True))
    owners = torch.repeat_interleave(torch.arange(len(lengths)), given[2].lengths).tolist()
    assert sorted(pairs) == sorted({*zip(owners, given[2].items.tolist(), strict=True)}), "rows of its own items, once"


@every_model
@pytest.mark.parametrize("pairs", [1, 5, 1 << 16])
def test_scores_are_the_logits(model: FederatedModel, pairs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(general, "PAIRS", pairs)
    parameters, users, _, _ = case(model, [1] * 9, 2)
    found = users.new_full((5, 8), torch.nan)
    GeneralScorer(model.logits, parameters, users).fill(found, 3)
    expected = [[model.logits(u, i[None], parameters.named())[0] for i in parameters.items] for u in users[3:8]]
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64), **EXACT)


def test_memory_does_not_grow_with_clients_times_tensors() -> None:
    """In total: a copy of the further tensors' gradients for each of 16,384 clients would take 2 GiB."""
    model = NCF(NCFConfig(embedding_size=32, hidden=(256, 64)))
    parameters, users, samples, weights = case(model, [1] * general.TOGETHER, 1)
    single = replace(parameters, items=parameters.items.float(), others=parameters.others.float())
    assert len(users) * len(single.others) * 4 > 2 << 30
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    samples = replace(samples, labels=samples.labels.float())
    found = local_gradients(model.logits, single, users.float(), samples, weights.float(), "total")
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown < 600, f"the peak grew by {grown:,.0f} MiB"
    assert found.total is not None and bool(found.total.others.isfinite().all())


@pytest.mark.parametrize("name", ["mf with biases", "bilinear"])
@pytest.mark.parametrize("attack", [None, "a-ra", "a-hum", "eb", "ra"])
def test_attacks_and_aggregators_run_on_any_model(small: Any, name: str, attack: str | None) -> None:
    federation = FederationConfig(epochs=2, clients_per_round=15, lr=0.05, negatives=2)
    cls = attacks.registry.get(attack) if attack else None
    few = {"steps": 3} if attack == "a-hum" else {}
    made = cls(cls.Config(malicious=0.3, **few)) if cls else None
    rules = [n for n in defenses.registry.names() if defenses.registry.get(n).scenario == "federated"]
    assert len(rules) == 7
    for rule in (None, *rules):
        aggregator = defenses.registry.get(rule) if rule else None
        chosen = aggregator(aggregator.Config()) if aggregator else None
        one, two = (
            simulation(small, MODELS[name], federation, np.array([3, 6], np.int32), 1, made, chosen, threads=n)
            for n in (1, 2)
        )
        before = one.parameters
        assert one.run() == two.run(), "threads change a number"
        assert not torch.equal(one.parameters.items, before.items)


@pytest.mark.parametrize("name", ["mf", "bilinear"])
def test_a_ra_uploads_its_loss_s_gradient_on_any_model(name: str) -> None:
    """Equation 7 by autograd: the sum over targets of the mean over draws of -log of the target's score."""
    model, targets = MODELS[name], np.array([3, 5], np.int32)
    parameters, *_ = case(model, [1], 3)
    cls = attacks.registry.get("a-ra")
    adversary = Adversary(2, targets, 7, FederationConfig(), model, 4)
    found = cls(cls.Config(draws=6, sigma=0.5)).recruit(adversary).upload(parameters, torch.tensor([0, 1]))
    drawn = torch.from_numpy(generator(4, "draws").normal(0, 0.5, (2, 6, model.user_width)))
    for k in (0, 1):
        table, others = (x.clone().requires_grad_() for x in (parameters.items, parameters.others))
        named = replace(parameters, others=others).named()
        logits = torch.stack([model.logits(user, table[targets], named) for user in drawn[k]])
        (-torch.sigmoid(logits).log().mean(0).sum() + 0 * others.sum()).backward()
        torch.testing.assert_close(found.of(k).items, table.grad, **EXACT)
        torch.testing.assert_close(found.of(k).others, others.grad, **EXACT)
