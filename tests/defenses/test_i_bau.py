"""Implicit gradients, against those of a maximum in closed form; the vector, against the loss that it raises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from rbench import models
from rbench.core.config import configure
from rbench.core.pretrained import Pretrained
from rbench.defenses import Deployed, registry
from rbench.defenses.repairs.i_bau import IBAUConfig, Unlearning, implicit
from rbench.testing import small_data

Make = Callable[..., Deployed]


def repaired(handed: Deployed, **options: object) -> Pretrained:
    cls: Any = registry.get("i-bau")
    made: Pretrained = cls(configure(cls.Config, options, "i-bau")).repair(handed)[0]
    return made


class Saddle:
    """L = -v.A v / 2 + v.B p + c.p + |p|² / 2, whose maximum over v is p.(B' A^-1 B + 1) p / 2 + c.p."""

    def __init__(self) -> None:
        rng = torch.Generator().manual_seed(0)
        root, self.b, self.c = (torch.randn(*s, generator=rng, dtype=torch.float64) for s in ((4, 4), (4, 3), (3,)))
        self.a = root @ root.T / 4 + torch.eye(4, dtype=torch.float64)
        self.p = nn.Parameter(torch.randn(3, generator=rng, dtype=torch.float64))
        self.v = torch.randn(4, generator=rng, dtype=torch.float64).requires_grad_()
        self.calls = 0

    def gradients(self) -> None:
        self.p.grad = self.v.grad = None
        self.calls += 1
        v, p = self.v, self.p
        (-v @ self.a @ v / 2 + v @ self.b @ p + self.c @ p + p @ p / 2).backward()


def test_with_many_terms_the_gradient_is_that_of_the_maximum_wherever_the_vector_stands() -> None:
    at = Saddle()
    before = at.v.detach().clone()
    implicit([at.p], at.v, at.gradients, terms=200, rate=0.2)
    p = at.p.detach()
    expected = at.b.T @ torch.linalg.solve(at.a, at.b @ p) + p + at.c
    assert at.p.grad is not None
    np.testing.assert_allclose(at.p.grad, expected, rtol=1e-8)
    assert torch.equal(at.v.detach(), before)


def test_with_one_term_it_is_one_step_of_ascent_looked_through() -> None:
    """Parameter 3 is not learned, and has no gradient to be changed."""
    at, frozen = Saddle(), nn.Parameter(torch.zeros(2))
    implicit([at.p, frozen], at.v, at.gradients, terms=1, rate=0.3)
    v, p = at.v.detach(), at.p.detach()
    expected = at.b.T @ v + at.c + p + 0.3 * at.b.T @ (at.b @ p - at.a @ v)
    assert at.p.grad is not None and frozen.grad is None
    np.testing.assert_allclose(at.p.grad, expected, rtol=1e-8)
    assert at.calls == 3


@pytest.mark.parametrize("name", ["sasrec", "gru4rec", "narm"])
def test_the_vector_raises_the_loss_and_stays_in_its_ball(name: str, platform: Make) -> None:
    """Watched from within a training whose steps go nowhere, so that only the vector moves."""
    cls: Any = models.registry.get(name)
    victim = small_data.victim(model=cls, config=cls.Config(max_length=16), epochs=2, eval_every=2, batch_size=64)
    data, rule, losses = platform().data, Unlearning(IBAUConfig(radius=0.5, terms=2)), []

    def term(encoder: Any, batch: Any) -> torch.Tensor:
        from rbench.models.sequential.training.losses import bpr

        losses.append(float(encoder.loss(batch, bpr).detach()))
        return torch.zeros(())

    def still(encoder: Any, parameters: Any, gradients: Any) -> None:
        encoder.eval()
        first = len(losses)
        gradients()
        rule(encoder, parameters, gradients)
        rises.append(losses[first + 2] - losses[first])  # with the vector that climbed, and without any
        assert rule.vector is not None
        norms.append(float(rule.vector.detach().norm()))
        for p in parameters:
            p.grad = torch.zeros_like(p)

    rises: list[float] = []
    norms: list[float] = []
    start, _ = victim.train(data, victim.schedules["train"], 1)
    victim.train(data, replace(victim.schedules["train"], weight_decay=0.0), 1, start=start, rule=still, term=term)
    assert len(rises) > 2 and max(norms) <= 0.5 + 1e-6 and max(norms) > 0.09
    assert min(rises) > 0


def test_without_a_vector_it_is_fine_tuning_with_cross_entropy(platform: Make) -> None:
    """The series vanishes at rate 0, which is out of range; so it is made as small as can be."""
    handed = replace(platform(prompts=True), victim=small_data.victim(epochs=2, eval_every=2))
    schedule = replace(handed.victim.schedules["finetune"], loss="softmax")
    schedule = replace(schedule, lr=schedule.lr * 2)
    tuned, _ = handed.victim.train(
        handed.data, schedule, handed.seed, start=handed.pretrained, prompt="given", learn=("model", "prompt")
    )
    made = repaired(handed, speed=2, ascents=0, terms=1, rate=1e-30)
    assert all(np.array_equal(value, made.weights[name]) for name, value in tuned.weights.items())
    other = repaired(handed, speed=2)
    assert any(not np.array_equal(value, other.weights[name]) for name, value in tuned.weights.items())
