"""A round in one batch gives what a loop over clients with autograd gives."""

from __future__ import annotations

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rbench.models.federation.gradients import ClientGradients
from rbench.models.federation.network import BLOCK, sums_of_runs

SHAPES = {
    "one": [3],
    "uneven": [1, 130, 7, 0, BLOCK, BLOCK + 1, 2],
    "empty ends": [0, 5, 4, 0, 0],
    "nobody": [],
}
CLOSE = {torch.float64: 1e-12, torch.float32: 1e-6}


def loop(plain, parameters, given):
    """Each client's loss, item gradients, layer gradients and user gradient, one after the other."""
    found, at = [], 0
    for user, n, weight in zip(given["users"], given["lengths"].tolist(), given["weights"], strict=True):
        net = plain(parameters, user)
        items, labels = given["items"][at : at + n], given["labels"][at : at + n]
        losses = torch.nn.functional.binary_cross_entropy(torch.sigmoid(net(items)), labels, reduction="none")
        (losses.sum() * weight).backward()
        found.append((losses.detach().mean() if n else losses.new_zeros(()), *net.uploads(), net.user.grad))
        at += n
    return found


@pytest.mark.parametrize("dtype", CLOSE)
@pytest.mark.parametrize("hidden", [(8,), (8, 8), (5, 4, 3)])
@pytest.mark.parametrize("lengths", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("n_items", [20, 5000])
def test_against_the_loop(plain, draw, compute, lengths, hidden, dtype, n_items) -> None:
    parameters, samples = draw(lengths, n_items, hidden, dtype=dtype)
    batch, each = compute(parameters, samples), loop(plain, parameters, samples)
    close = {"atol": CLOSE[dtype], "rtol": 10 * CLOSE[dtype]}
    uploads, total = batch.uploads(), batch.total()
    assert len(uploads) == len(lengths)
    for k, (loss, items, mlp, user) in enumerate(each):
        torch.testing.assert_close(batch.losses()[k], loss, **close)
        torch.testing.assert_close(uploads.of(k).items, items, **close)
        torch.testing.assert_close(uploads.of(k).mlp, mlp, **close)
        torch.testing.assert_close(batch.users()[k], user, **close)
    summed = [sum((e[i] for e in each), torch.zeros((), dtype=dtype)) for i in (1, 2)]
    for found in (total, uploads.total()):
        torch.testing.assert_close(found.items, summed[0].expand_as(found.items), **close)
        torch.testing.assert_close(found.mlp, summed[1].expand_as(found.mlp), **close)


@given(st.lists(st.integers(0, 70), min_size=1, max_size=8), st.integers(0, 2**20))
@settings(max_examples=30, deadline=None)
def test_single_uploads_add_up_to_the_total(lengths, seed) -> None:
    from rbench.models.federation.network import Pass
    from rbench.models.federation.parameters import Parameters

    rng = torch.Generator().manual_seed(seed)
    n, sizes = sum(lengths), (8, 6, 5, 1)
    m = sum((a + 1) * b for a, b in itertools.pairwise(sizes))
    normal = {"generator": rng, "dtype": torch.float64}
    batch = Pass(
        Parameters(torch.randn(11, 4, **normal), torch.randn(m, **normal), sizes),
        torch.randn(len(lengths), 4, **normal),
        torch.tensor(lengths),
        torch.randint(1, 11, (n,), generator=rng),
        torch.randint(0, 2, (n,), generator=rng).double(),
        torch.rand(len(lengths), **normal),
    )
    one, two = batch.total(), batch.uploads().total()
    torch.testing.assert_close(one.items, two.items, atol=1e-11, rtol=1e-11)
    torch.testing.assert_close(one.mlp, two.mlp, atol=1e-11, rtol=1e-11)
    assert not one.items[0].any()


def test_several_embeddings_may_belong_to_a_client(draw, compute) -> None:
    parameters, samples = draw([4, 0, 9, 2, 33, 1])
    batch = compute(parameters, samples)
    apart, joined = batch.uploads(), batch.uploads(each=3)
    assert isinstance(joined, ClientGradients) and len(joined) == 2
    for k in (0, 1):
        for part in ("items", "mlp"):
            expected = sum(getattr(apart.of(3 * k + i), part) for i in range(3))
            torch.testing.assert_close(getattr(joined.of(k), part), expected, atol=1e-12, rtol=1e-12)


def test_a_neuron_at_zero_lets_nothing_through(draw, compute, plain) -> None:
    """As autograd has it: all pre-activations exactly zero."""
    parameters, samples = draw([6])
    parameters.mlp.zero_()
    _, items, mlp, user = loop(plain, parameters, samples)[0]
    batch = compute(parameters, samples)
    torch.testing.assert_close(batch.total().mlp, mlp, atol=1e-12, rtol=1e-12)
    assert not batch.total().items.any() and not items.any() and not user.any()


def test_sums_of_runs() -> None:
    values = torch.arange(12.0).view(2, 6)
    expected = torch.tensor([[0.0, 0, 1, 0, 14, 0], [0, 6, 7, 0, 38, 0]])
    assert torch.equal(sums_of_runs(values, torch.tensor([0, 1, 1, 0, 4, 0])), expected)
