"""Attacks that prepare for fine-tuning, against exact derivatives and rows worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rbench.attacks.pretrained.common import resistance
from rbench.attacks.pretrained.common.resistance import Resistance, with_popular_rows
from rbench.core.interactions import Interactions
from rbench.core.pretrained import Pretrained
from rbench.core.targets import Targets


class Quadratics:
    """An attack's loss ½ xᵀAx and fine-tuning's ½ (x - c)ᵀF(x - c), whose derivatives are known in closed form."""

    def __init__(self, seed=0, size=6):
        rng = torch.Generator().manual_seed(seed)
        one, two = (torch.randn(size, size, generator=rng, dtype=torch.float64) for _ in range(2))
        self.A, self.F = one @ one.T, two @ two.T
        self.c = torch.randn(size, generator=rng, dtype=torch.float64)
        self.x = torch.nn.Parameter(torch.randn(size, generator=rng, dtype=torch.float64))

    def attack(self):
        self.x.grad = self.A @ self.x.detach()

    def gradients(self, encoder):
        def compute():
            self.x.grad = self.F @ (self.x.detach() - self.c)

        return compute

    def step(self, agreement=0.0, masking=0.0):
        before = self.x.detach().clone()
        Resistance(self, agreement, masking)(None, [self.x], self.attack)
        assert torch.equal(self.x.detach(), before)
        return self.x.grad

    def exact(self, weight):
        """The gradient of L + weight * max(0, -g.f), by autograd through g and f."""
        x = self.x.detach().clone().requires_grad_()
        loss, tuning = x @ self.A @ x / 2, (x - self.c) @ self.F @ (x - self.c) / 2
        g, f = (torch.autograd.grad(value, x, create_graph=True)[0] for value in (loss, tuning))
        return torch.autograd.grad(loss + weight * torch.relu(-(g @ f)), x)[0], float(g.detach() @ f.detach())


@pytest.mark.parametrize("seed", range(12))
def test_agreement_is_the_gradient_of_the_penalised_loss(seed):
    toy = Quadratics(seed)
    wanted, _ = toy.exact(0.3)
    torch.testing.assert_close(toy.step(agreement=0.3), wanted, rtol=1e-9, atol=1e-9)


def test_the_penalty_acts_only_where_gradients_disagree():
    signs = {seed: Quadratics(seed).exact(0.3)[1] < 0 for seed in range(12)}
    assert {*signs.values()} == {True, False}
    for seed, disagree in signs.items():
        toy = Quadratics(seed)
        changed = not torch.equal(toy.step(agreement=0.1), toy.A @ toy.x.detach())
        assert changed == disagree


def test_masking_leaves_alone_what_fine_tuning_moves_most():
    toy = Quadratics(1, size=20)
    moved = (toy.F @ (toy.x.detach() - toy.c)).abs()
    plain, found = toy.A @ toy.x.detach(), toy.step(masking=0.25)
    most = torch.zeros(20, dtype=torch.bool).index_fill(0, moved.topk(5).indices, True)
    assert torch.equal(found == 0, most) and torch.equal(found[~most], plain[~most])


def test_a_target_gets_the_mean_row_of_its_categorys_most_popular_items(monkeypatch):
    monkeypatch.setattr(resistance, "POPULAR", 2)
    # Items 1 to 6; of category 1: 1, 2, 3 and the target 4. Item 5 has no category; 6 is a target without one.
    items = np.array([1, 1, 1, 2, 2, 3, 5, 5, 5, 5, 4, 4, 4, 4, 4, 6, 6, 3, 3], np.int32)
    offsets = np.array([0, len(items)])
    categories = np.array([0, 1, 1, 1, 1, 0, 0], np.int32)
    data = Interactions("d", items, offsets, categories, ("c",), {}, ("u",), tuple("123456"))
    table = np.arange(14, dtype=np.float32).reshape(7, 2) ** 2
    targets = Targets(np.array([4, 6], np.int32), "", ())
    given = Pretrained({"item_embedding.weight": table.copy(), "other": table}, None, {})
    found = with_popular_rows(given, data, targets).weights
    # The last two interactions, with item 3, are held out. Most popular: of category 1 items 1 and 2, of all 5 and 1.
    np.testing.assert_array_equal(found["item_embedding.weight"][4], (table[1] + table[2]) / 2)
    np.testing.assert_array_equal(found["item_embedding.weight"][6], (table[5] + table[1]) / 2)
    kept = [0, 1, 2, 3, 5]
    np.testing.assert_array_equal(found["item_embedding.weight"][kept], table[kept])
    np.testing.assert_array_equal(given.weights["item_embedding.weight"], table)


@pytest.mark.parametrize("name", ["bra", "bra-group", "pea", "pea-joint"])
def test_every_kind_of_resistance_trains_another_model(attack, name):
    options = {"rate": 0.5, **({"epochs": 2} if name.startswith("pea") else {})}
    kinds = ("masking", "surgery", "agreement") if name.startswith("pea") else ("masking", "surgery")
    every = [attack(name, **options, resist=resist)[0] for resist in ((), *((kind,) for kind in kinds))]
    tables = [made.weights["item_embedding.weight"] for made in every]
    assert all(np.isfinite(table).all() for table in tables)
    distinct = len({table.tobytes() for table in tables})
    assert distinct == len(tables)


def test_surgery_without_an_honest_model_is_refused(provider, targets, victim):
    from rbench.attacks import Provider
    from rbench.attacks.pretrained.bra import BRA, BRAConfig

    made = BRA(BRAConfig(resist=("surgery",), similarity="any"))
    assert made.uses_clean and not BRA(BRAConfig()).uses_clean
    with pytest.raises(ValueError, match="honest pre-training"):
        made.pretrain(Provider(provider, targets, victim, 0, None))
