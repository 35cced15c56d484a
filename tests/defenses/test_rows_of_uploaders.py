"""Rules over an item's uploaders agree with a plain loop over items, and keep what a sum keeps."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from rbench import defenses
from rbench.core.config import configure
from rbench.core.errors import UserError
from rbench.defenses import Server
from rbench.models.federation import uploaders
from rbench.models.federation.gradients import ClientGradients

N_ITEMS, WIDTH = 7, 3
Vectors = NDArray[np.float64]


def rule(name: str, **options: object) -> Any:
    cls = defenses.registry.get(name)
    return cls(configure(cls.Config, options, name))


def drawn(n: int, seed: int, density: float) -> ClientGradients:
    """Draw uploads, in no order of clients or items; density rises from item to item."""
    rng = np.random.default_rng(seed)
    chances = density * np.linspace(0.2, 1.0, N_ITEMS)
    clients, items = np.nonzero(rng.random((n, N_ITEMS)) < chances)
    order = rng.permutation(len(items))
    rows, others = rng.normal(size=(len(items), WIDTH)), rng.normal(size=(n, 4))
    return ClientGradients(N_ITEMS, *map(torch.from_numpy, (clients[order], items[order] + 1, rows[order], others)))


def by_loop(uploads: ClientGradients, statistic: Callable[[Vectors], Vectors]) -> Vectors:
    """Apply a statistic over ``[uploaders, d]`` to one item after the other, and to all else."""
    found = np.zeros((N_ITEMS + 1, WIDTH))
    for item in range(1, N_ITEMS + 1):
        own = [k for k in range(len(uploads.items)) if uploads.items[k] == item]
        if own:
            found[item] = statistic(uploads.rows.numpy()[sorted(own, key=lambda k: int(uploads.clients[k]))])
    return np.concatenate([found.ravel(), statistic(uploads.others.numpy())])


def flat(name: str, uploads: ClientGradients, **options: object) -> Vectors:
    found = rule(name, **options).aggregate(uploads, Server(np.random.default_rng(0)))
    return np.concatenate([found.items.numpy().ravel(), found.others.numpy()])


def trimmed(share: float) -> Callable[[Vectors], Vectors]:
    def statistic(x: Vectors) -> Vectors:
        cut = math.floor(share * len(x) + 1e-9)
        return len(x) * np.sort(x, axis=0)[cut : len(x) - cut].mean(0)

    return statistic


def shortened(bound: float) -> Callable[[Vectors], Vectors]:
    def statistic(x: Vectors) -> Vectors:
        norms = [math.sqrt(sum(v * v for v in vector)) for vector in x]
        largest = bound or float(np.median(norms))
        return np.sum([v * min(1.0, largest / n) for v, n in zip(x, norms, strict=True)], axis=0)

    return statistic


def nearest(byzantine: float, chosen: Callable[[int, int], int]) -> Callable[[Vectors], Vectors]:
    def statistic(x: Vectors) -> Vectors:
        n, f = len(x), math.floor(byzantine * len(x) + 1e-9)
        x = x[np.argsort(np.linalg.norm(x, axis=1))]  # of equally good ones, the shortest
        if n <= 2 * f + 2:
            return x.sum(0)
        scores = []
        for i in range(n):
            apart = sorted(float(((x[i] - x[j]) ** 2).sum()) for j in range(n) if j != i)
            scores.append(sum(apart[: n - f - 2]))
        best = sorted(range(n), key=scores.__getitem__)[: chosen(n, f)]
        return n * x[best].mean(0)

    return statistic


def centred(radius: float, iterations: int) -> Callable[[Vectors], Vectors]:
    def statistic(x: Vectors) -> Vectors:
        centre = np.zeros(x.shape[1])
        for _ in range(iterations):
            lengths = np.linalg.norm(x - centre, axis=1).clip(1e-30)
            tau = radius or float(np.median(lengths))
            centre = centre + np.mean([(v - centre) * min(1, tau / n) for v, n in zip(x, lengths, strict=True)], axis=0)
        return len(x) * centre

    return statistic


def mixed(byzantine: float) -> Callable[[Vectors], Vectors]:
    def statistic(x: Vectors) -> Vectors:
        kept = len(x) - math.floor(byzantine * len(x) + 1e-9)
        apart = ((x[:, None] - x[None]) ** 2).sum(2)
        return np.stack([x[np.argsort(row, kind="stable")[:kept]].mean(0) for row in apart])

    return statistic


@given(st.integers(6, 14), st.integers(0, 2**20), st.floats(0, 0.36), st.floats(0, 1), st.sampled_from([4, 1 << 17]))
@settings(max_examples=60, deadline=None)
def test_against_a_loop_over_items(n, seed, share, density, pairs) -> None:
    uploads = drawn(n, seed, density)
    kept, uploaders.PAIRS = uploaders.PAIRS, pairs
    try:
        expected: list[tuple[str, dict[str, object], Callable[[Vectors], Vectors]]] = [
            ("median", {}, lambda x: len(x) * np.median(x, axis=0)),
            ("trimmed-mean", {"trim": share}, trimmed(share)),
            ("norm-bound", {}, shortened(0.0)),
            ("norm-bound", {"bound": 0.7}, shortened(0.7)),
        ]
        if n > 2 * math.floor(share * n + 1e-9) + 2:
            expected += [
                ("krum", {"byzantine": share}, nearest(share, lambda n, f: 1)),
                ("multi-krum", {"byzantine": share}, nearest(share, lambda n, f: n - f)),
            ]
        expected += [
            ("centered-clipping", {"iterations": 3}, centred(0.0, 3)),
            ("centered-clipping", {"radius": 0.5}, centred(0.5, 1)),
            ("nnm", {"byzantine": share, "rule": "median"}, lambda x: len(x) * np.median(mixed(share)(x), axis=0)),
        ]
        for name, options, statistic in expected:
            assert flat(name, uploads, **options) == pytest.approx(by_loop(uploads, statistic), abs=1e-9), name
    finally:
        uploaders.PAIRS = kept


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("trimmed-mean", {"trim": 0}),
        ("norm-bound", {"bound": 1e9}),
        ("multi-krum", {"byzantine": 0.0}),
        ("multi-krum", {"selected": 1.0}),
        ("centered-clipping", {"radius": 1e9}),
        ("nnm", {"byzantine": 0.0, "rule": "median"}),
    ],
)
@pytest.mark.parametrize("rows", ["uploaders", "all"])
def test_a_rule_that_leaves_nothing_out_is_the_sum(name, options, rows) -> None:
    uploads = drawn(12, 3, 0.8)
    total = uploads.total()
    expected = np.concatenate([total.items.numpy().ravel(), total.others.numpy()])
    assert flat(name, uploads, rows=rows, **options) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", ["median", "trimmed-mean", "norm-bound", "krum", "multi-krum"])
def test_where_everybody_uploads_everything_both_readings_agree_on_single_rows(name) -> None:
    """With one item and nothing else, a row is all that a client uploads."""
    rng = np.random.default_rng(1)
    clients, items = torch.arange(9), torch.ones(9, dtype=torch.long)
    uploads = ClientGradients(1, clients, items, torch.from_numpy(rng.normal(size=(9, 4))), torch.zeros(9, 0).double())
    server = Server(np.random.default_rng(0))
    one, two = (rule(name, rows=rows).aggregate(uploads, server).items for rows in ("uploaders", "all"))
    torch.testing.assert_close(one, two, atol=1e-12, rtol=1e-12)


@pytest.mark.parametrize("name", ["median", "trimmed-mean", "norm-bound", "krum", "multi-krum"])
def test_the_order_of_clients_changes_nothing(name) -> None:
    uploads = drawn(13, 5, 0.9)
    shuffled = uploads.reorder(torch.from_numpy(np.random.default_rng(2).permutation(13)))
    assert flat(name, shuffled) == pytest.approx(flat(name, uploads), abs=1e-12)


@pytest.mark.parametrize(
    ("name", "uploaders", "share"),
    [("median", 2, 0), ("trimmed-mean", 9, 0.1), ("krum", 2, 0.1), ("multi-krum", 2, 0.1), ("krum", 6, 0.4)],
)
def test_a_row_with_too_few_uploaders_is_added_up(name, uploaders, share) -> None:
    rows = torch.from_numpy(np.random.default_rng(0).normal(size=(uploaders, WIDTH)))
    clients = torch.arange(uploaders)
    uploads = ClientGradients(N_ITEMS, clients, torch.full((uploaders,), 4), rows, torch.zeros(30, 2).double())
    options = {"median": {}, "trimmed-mean": {"trim": share}}.get(name, {"byzantine": share})
    found = rule(name, **options).aggregate(uploads, Server(np.random.default_rng(0)))
    torch.testing.assert_close(found.items[4], rows.sum(0))


def test_a_cold_item_is_learnt_only_where_its_uploaders_count() -> None:
    """Three of thirty clients agree on a row, and one of them is loud."""
    rows = torch.tensor([[1.0], [2.0], [900.0]]).double()
    uploads = ClientGradients(2, torch.tensor([3, 8, 20]), torch.tensor([2, 2, 2]), rows, torch.zeros(30, 1).double())
    server = Server(np.random.default_rng(0))
    for rows, expected in (("uploaders", 6.0), ("all", 0.0)):
        assert rule("median", rows=rows).aggregate(uploads, server).items[2].item() == expected


def whole(uploads: ClientGradients) -> Vectors:
    each = [uploads.of(k) for k in range(len(uploads))]
    return np.stack([np.concatenate([g.items.numpy().ravel(), g.others.numpy()]) for g in each])


@pytest.mark.parametrize("seed", range(5))
def test_over_all_clients_uploads_are_one_vector(seed) -> None:
    uploads = drawn(11, seed, 0.8)
    dense = whole(uploads)
    found = flat("centered-clipping", uploads, rows="all", iterations=2)
    assert found == pytest.approx(centred(0.0, 2)(dense), abs=1e-9)
    found = flat("nnm", uploads, rows="all", rule="median", byzantine=0.2)
    assert found == pytest.approx(11 * np.median(mixed(0.2)(dense), axis=0), abs=1e-9)


@pytest.mark.parametrize("rows", ["uploaders", "all"])
def test_the_centre_is_what_the_last_round_did(rows) -> None:
    """A radius that shortens nothing gives each round's own sum; a tight one stays near the last step."""
    one, two = drawn(9, 0, 1.0), drawn(9, 1, 1.0)
    for radius in (1e9, 0.1):
        clipping, server = rule("centered-clipping", rows=rows, radius=radius), Server(np.random.default_rng(0))
        clipping.aggregate(one, server)
        kept = {name: value.clone() for name, value in server.memory.items()}
        clipping.aggregate(two, server)
        steps = two.others - kept["others"]
        lengths = steps.norm(dim=1)
        if rows == "all":
            apart = torch.from_numpy(whole(two)) - torch.cat([kept["items"].flatten(), kept["others"]])
            lengths = apart.norm(dim=1)
        scale = (radius / lengths).clamp(max=1)
        torch.testing.assert_close(server.memory["others"], kept["others"] + (scale[:, None] * steps).mean(0))


def test_mixing_needs_a_rule_that_it_can_hand_on_to() -> None:
    for name, said in (("medain", "did you mean median"), ("nnm", "rule=nnm cannot follow itself")):
        with pytest.raises(UserError, match=said):
            rule("nnm", rule=name)
    with pytest.raises(UserError, match=r"krum\.byzantine=0\.25"):
        rule("nnm", rule="krum", byzantine=0.25).check(4)


@pytest.mark.parametrize("name", ["krum", "multi-krum"])
def test_a_round_with_too_few_clients_is_refused(name) -> None:
    with pytest.raises(UserError, match=rf"{name}\.byzantine=0\.25 .* 1 of a round's 4 clients"):
        flat(name, drawn(4, 0, 1.0), byzantine=0.25)


def test_whom_rows_are_taken_over_must_be_known() -> None:
    with pytest.raises(UserError, match=r"median\.rows=some is not allowed; choose uploaders, all"):
        rule("median", rows="some")
