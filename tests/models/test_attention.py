"""Attention with dropout on its weights is torch's, but for what is dropped, and that is as said."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from rbench.models.sequential.layers.attention import attend

SHAPE = (3, 2, 40, 8)
FULL = torch.ones(SHAPE[2], SHAPE[2]).tril().bool()


def parts() -> list[torch.Tensor]:
    draw = torch.Generator().manual_seed(0)
    whole = [torch.randn(3, 40, 2, 8, generator=draw) for _ in range(3)]
    return [part.transpose(1, 2).requires_grad_() for part in whole]  # as a view of the layers' outputs


def test_without_dropout_it_is_torchs_forward_and_backward() -> None:
    draw = torch.Generator().manual_seed(1)
    upstream = torch.randn(SHAPE, generator=draw)
    mine, theirs = parts(), parts()
    found = attend(*mine, rate=1e-6)  # rounds to 0, so that nothing is dropped, and torch's isn't called
    wanted = F.scaled_dot_product_attention(*theirs, is_causal=True)
    torch.testing.assert_close(found, wanted)
    for one, other in zip(
        torch.autograd.grad(found, mine, upstream), torch.autograd.grad(wanted, theirs, upstream), strict=True
    ):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("rate", [0.2, 0.5])
def test_a_weight_is_dropped_or_scaled(rate: float) -> None:
    """With the identity as values the outputs are the weights."""
    query, key, _ = parts()
    identity = torch.eye(40).expand(3, 2, 40, 40)
    weights = F.scaled_dot_product_attention(query, key, identity, is_causal=True)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        found = attend(query, key, identity, rate)
    kept = found != 0
    torch.testing.assert_close(found[kept], weights[kept] / (1 - rate), rtol=1e-4, atol=1e-6)
    assert not kept[..., ~FULL].any()
    share, n = kept[..., FULL].float().mean().item(), kept[..., FULL].numel()
    assert abs(share - (1 - rate)) < 4 * math.sqrt(rate * (1 - rate) / n)
