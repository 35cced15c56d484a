"""Sharpness-aware steps, against numbers worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from rbench.core.config import configure
from rbench.defenses import Deployed, registry
from rbench.defenses.repairs.ft_sam import sharpness_aware

Make = Callable[..., Deployed]


def repaired(name: str, handed: Deployed, **options: object) -> Any:
    cls: Any = registry.get(name)
    return cls(configure(cls.Config, options, name)).repair(handed)[0]


def test_the_gradient_is_that_at_the_moved_weights() -> None:
    """L = x² + 3 y at x = 2, y = -1: g = (4, 3), w g = (8, -3), and the move is rho (16, 3) / sqrt(73)."""
    x, y, still = (nn.Parameter(torch.tensor([value], dtype=torch.float64)) for value in (2.0, -1.0, 5.0))
    seen = []

    def gradients() -> None:
        x.grad = y.grad = None
        seen.append((float(x), float(y)))
        (x.square() + 3 * y).backward()

    sharpness_aware([x, y, still], gradients, rho=0.5)
    moved = 2 + 0.5 * 16 / 73**0.5, -1 + 0.5 * 3 / 73**0.5
    assert seen[0] == (2, -1)
    np.testing.assert_allclose(seen[1], moved, rtol=1e-6)
    assert x.grad is not None and y.grad is not None and still.grad is None
    np.testing.assert_allclose([float(x.grad), float(y.grad)], [2 * moved[0], 3], rtol=1e-6)
    assert (float(x), float(y), float(still)) == (2, -1, 5)


def test_the_move_has_the_norm_rho_in_units_of_the_weights() -> None:
    weights = nn.Parameter(torch.randn(50, generator=torch.Generator().manual_seed(0), dtype=torch.float64))
    seen = []

    def gradients() -> None:
        weights.grad = None
        seen.append(weights.detach().clone())
        weights.pow(4).sum().backward()

    sharpness_aware([weights], gradients, rho=2.0)
    np.testing.assert_allclose(float(((seen[1] - seen[0]) / seen[0]).norm()), 2, rtol=1e-6)


def test_weights_without_a_gradient_do_not_matter() -> None:
    flat = nn.Parameter(torch.zeros(3))

    def gradients() -> None:
        flat.grad = torch.zeros(3)

    sharpness_aware([flat], gradients, rho=2.0)
    assert torch.equal(flat.detach(), torch.zeros(3)) and torch.isfinite(flat.grad).all()  # type: ignore[arg-type]


def test_without_a_move_it_is_fast_fine_tuning(platform: Make) -> None:
    handed = platform(prompts=True)
    fast, still, moved = (
        repaired(name, handed, speed=2, **options)
        for name, options in (("fast-ft", {}), ("ft-sam", {"rho": 0}), ("ft-sam", {"rho": 1}))
    )
    assert still.prompt is not None
    for part in ("weights", "prompt"):
        assert all(np.array_equal(value, getattr(still, part)[name]) for name, value in getattr(fast, part).items())
    assert any(not np.array_equal(value, moved.weights[name]) for name, value in fast.weights.items())
