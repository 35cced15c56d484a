"""A round in one batch gives what a loop over clients with autograd gives."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rbench.models.federation.gradients import ClientGradients
from rbench.models.federation.mlp.network import local_gradients
from rbench.models.federation.parameters import Parameters
from rbench.models.federation.samples import TOGETHER, Samples, rectangles
from rbench.models.federation.threads import ThreadPool

SHAPES = {
    "one": [3],
    "uneven": [1, 130, 7, 0, 32, 33, 2],
    "empty ends": [0, 5, 4, 0, 0],
    "nobody": [],
}
CLOSE = {torch.float64: 1e-12, torch.float32: 1e-6}


def loop(plain, parameters, given):
    """Each client's loss, item gradients, layer gradients and user gradient, one after the other."""
    found, at = [], 0
    samples = given["samples"]
    for user, n, weight in zip(given["users"], samples.lengths.tolist(), given["weights"], strict=True):
        net = plain(parameters, user)
        items, labels = samples.items[at : at + n], samples.labels[at : at + n]
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
    batch, each = compute(parameters, samples, "uploads"), loop(plain, parameters, samples)
    close = {"atol": CLOSE[dtype], "rtol": 10 * CLOSE[dtype]}
    uploads, total = batch.uploads, compute(parameters, samples, "total").total
    assert len(uploads) == len(lengths)
    for k, (loss, items, others, user) in enumerate(each):
        torch.testing.assert_close(batch.losses[k], loss, **close)
        torch.testing.assert_close(uploads.of(k).items, items, **close)
        torch.testing.assert_close(uploads.of(k).others, others, **close)
        torch.testing.assert_close(batch.users[k], user, **close)
    summed = [sum((e[i] for e in each), torch.zeros((), dtype=dtype)) for i in (1, 2)]
    for found in (total, uploads.total()):
        torch.testing.assert_close(found.items, summed[0].expand_as(found.items), **close)
        torch.testing.assert_close(found.others, summed[1].expand_as(found.others), **close)


@given(st.lists(st.integers(0, 70), min_size=1, max_size=8), st.integers(0, 2**20))
@settings(max_examples=30, deadline=None)
def test_single_uploads_add_up_to_the_total(lengths, seed) -> None:
    rng = torch.Generator().manual_seed(seed)
    n, sizes = sum(lengths), (8, 6, 5, 1)
    m = sum((a + 1) * b for a, b in itertools.pairwise(sizes))
    normal = {"generator": rng, "dtype": torch.float64}
    starts = torch.tensor(lengths).cumsum(0) - torch.tensor(lengths)
    items, labels = torch.randint(1, 11, (n,), generator=rng), torch.randint(0, 2, (n,), generator=rng).double()
    shapes = {}
    for i, (a, b) in enumerate(itertools.pairwise(sizes)):
        shapes |= {f"layers.{i}.weight": (b, a), f"layers.{i}.bias": (b,)}
    given = (
        Parameters(torch.randn(11, 4, **normal), torch.randn(m, **normal), shapes),
        torch.randn(len(lengths), 4, **normal),
        Samples(items, labels, starts, torch.tensor(lengths)),
        torch.rand(len(lengths), **normal),
    )
    one, two = local_gradients(*given, "total").total, local_gradients(*given, "uploads").uploads.total()
    torch.testing.assert_close(one.items, two.items, atol=1e-11, rtol=1e-11)
    torch.testing.assert_close(one.others, two.others, atol=1e-11, rtol=1e-11)
    assert not one.items[0].any()


def test_several_embeddings_may_belong_to_a_client(draw, compute) -> None:
    parameters, samples = draw([4, 0, 9, 2, 33, 1])
    apart = compute(parameters, samples, "uploads").uploads
    joined = apart.joined(3)
    assert isinstance(joined, ClientGradients) and len(joined) == 2
    assert len(set(zip(joined.clients.tolist(), joined.items.tolist(), strict=True))) == len(joined.items)
    for k in (0, 1):
        for part in ("items", "others"):
            expected = sum(getattr(apart.of(3 * k + i), part) for i in range(3))
            torch.testing.assert_close(getattr(joined.of(k), part), expected, atol=1e-12, rtol=1e-12)


def test_a_neuron_at_zero_lets_nothing_through(draw, compute, plain) -> None:
    """As autograd has it: all pre-activations exactly zero."""
    parameters, samples = draw([6])
    parameters.others.zero_()
    _, items, others, user = loop(plain, parameters, samples)[0]
    batch = compute(parameters, samples, "total").total
    torch.testing.assert_close(batch.others, others, atol=1e-12, rtol=1e-12)
    assert not batch.items.any() and not items.any() and not user.any()


def test_large_passes_do_not_depend_on_threads(draw) -> None:
    lengths = [*range(TOGETHER // 60, TOGETHER // 10, 7), TOGETHER + 5]
    parameters, given = draw(lengths, n_items=50, dtype=torch.float32)
    assert len(rectangles(np.array(lengths), TOGETHER)) > 8
    found = [local_gradients(parameters, **given, wanted="total", pool=ThreadPool(n)) for n in (1, 2, 5)]
    apart = local_gradients(parameters, **given, wanted="uploads", pool=ThreadPool(3)).uploads.total()
    for other in found[1:]:
        assert torch.equal(found[0].total.others, other.total.others)
        assert torch.equal(found[0].total.items, other.total.items)
        assert torch.equal(found[0].users, other.users) and torch.equal(found[0].losses, other.losses)
    torch.testing.assert_close(apart.others, found[0].total.others, atol=1e-3, rtol=1e-4)


def test_one_upload_does_not_read_its_neighbours_samples(draw, compute) -> None:
    """Rectangles hold other clients' samples where a client has fewer than the longest."""
    parameters, given = draw([2, 50, 3])
    uploads = compute(parameters, given, "uploads").uploads
    listed = sorted(zip(uploads.clients.tolist(), uploads.items.tolist(), strict=True))
    owner = torch.repeat_interleave(torch.arange(3), given["samples"].lengths).tolist()
    assert listed == sorted({*zip(owner, given["samples"].items.tolist(), strict=True)})


@given(st.lists(st.integers(0, 40), max_size=30), st.integers(1, 60))
def test_rectangles(lengths, size) -> None:
    groups = rectangles(np.array(lengths, np.int64), size)
    members = [client for clients, _ in groups for client in clients.tolist()]
    assert sorted(members) == [i for i, n in enumerate(lengths) if n]
    for clients, longest in groups:
        assert longest == max(lengths[c] for c in clients)
        assert len(clients) == 1 or len(clients) * longest <= size
