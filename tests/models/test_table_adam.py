"""Adam on the rows that a batch uses is Adam on the whole table."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from rbench import datasets
from rbench.core.interactions import Interactions
from rbench.models.sequential.layers import linear
from rbench.models.sequential.layers.transformer import Transformer
from rbench.models.sequential.prompts import PromptGenerator, attribute_sizes
from rbench.models.sequential.settings import PromptConfig, Schedule
from rbench.models.sequential.training import table_adam
from rbench.models.sequential.training.fit import fit
from rbench.models.sequential.training.table_adam import BETA1, BETA2, EPS, TableAdam

ROWS, WIDTH, LR = 30, 4, 1e-3
Step = tuple[list[int], Tensor]


def both(steps: list[Step], dtype: torch.dtype, begin: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    """Take the same steps with TableAdam and torch's Adam; returns both tables and the one before.

    Args:
        steps: Rows and their gradients; a row may stand there twice.
        dtype: Of the tables.
        begin: Steps that went before, without any gradient.
    """
    start = torch.randn(ROWS, WIDTH, generator=torch.Generator().manual_seed(0), dtype=dtype) * 0.02
    ours, theirs = start.clone().requires_grad_(), start.clone().requires_grad_()
    table, adam = TableAdam(ours, LR), torch.optim.Adam([theirs], lr=LR)
    table._steps = begin
    adam.state[theirs] = {
        "step": torch.tensor(float(begin)),
        "exp_avg": torch.zeros_like(start),
        "exp_avg_sq": torch.zeros_like(start),
    }
    for rows, values in steps:
        index = torch.tensor(rows, dtype=torch.int64)
        table.read(index[:1].int(), index[1:])
        ours.grad = torch.sparse_coo_tensor(index[None], values, start.shape, check_invariants=True)
        theirs.grad = ours.grad.to_dense()
        table.step()
        adam.step()
    table.catch_up()
    return ours.detach(), theirs.detach(), start


def random_steps(n: int, size: float, dtype: torch.dtype, seed: int = 0) -> list[Step]:
    """Gradients of about ``size`` in a few of the rows but the last five, some much rarer than others."""
    rng = np.random.default_rng(seed)
    odds = 1 / np.arange(1, ROWS - 4)
    steps = []
    for _ in range(n):
        rows = rng.choice(ROWS - 5, rng.integers(1, 5), p=odds / odds.sum())
        steps.append((rows.tolist(), torch.from_numpy(rng.normal(0, size, (len(rows), WIDTH))).to(dtype)))
    return steps


@pytest.mark.parametrize("begin", [0, 300, 50_000])
def test_it_is_adam(begin: int) -> None:
    ours, theirs, start = both(random_steps(500, 0.1, torch.float64), torch.float64, begin)
    assert (theirs - start).abs().max() > 0.02
    assert (ours - theirs).abs().max() < 1e-11


@pytest.mark.parametrize(
    ("size", "share"),
    [(1e-2, 1e-5), (1e-4, 1e-5), (1e-6, 1e-4), (1e-7, 5e-4), (1e-8, 1e-3), (1e-9, 2e-3), (1e-11, 0.02)],
)
def test_gradients_near_epsilon(size: float, share: float) -> None:
    ours, theirs, start = both(random_steps(500, size, torch.float32), torch.float32)
    assert (ours - theirs).abs().max() < share * (theirs - start).abs().max()


@given(
    log_size=st.floats(-12, 0),
    at=st.one_of(st.integers(1, 30), st.integers(1, 40_000)),
    missed=st.integers(1, 3000),
)
@settings(deadline=None)
def test_missed_steps_differ_by_the_variance_of_epsilon(log_size: float, at: int, missed: int) -> None:
    g = 10**log_size
    w = torch.zeros(2, 1, dtype=torch.float64, requires_grad=True)
    table = TableAdam(w, LR)
    table._steps = at - 1
    table.read(torch.tensor([0]))
    w.grad = torch.sparse_coo_tensor([[0]], torch.tensor([[g]], dtype=torch.float64), w.shape, check_invariants=True)
    table.step()
    before = w[0].item()
    table._steps += missed
    table.catch_up()

    k = np.arange(1, missed + 1)
    first, second = 1 - BETA1 ** (at + k), np.sqrt(1 - BETA2 ** (at + k))
    weights = (BETA1 / math.sqrt(BETA2)) ** k * second / first
    weights /= weights.sum()
    e = EPS * second * BETA2 ** (-k / 2)
    v, m = math.sqrt((1 - BETA2) * g * g), (1 - BETA1) * g
    exact = -LR * (BETA1**k / first * m / (np.sqrt(BETA2**k) * v / second + EPS)).sum()
    mean = weights @ e
    share = weights @ (e - mean) ** 2 / ((v + mean) * (v + e.min()))
    # What is left over is rounding: settling after one missed step is exact.
    assert abs((w[0].item() - before) / exact - 1) <= share + 1e-9
    assert w[1].item() == 0


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, ROWS - 1), st.floats(0.01, 1), st.booleans()), min_size=1, max_size=6),
        min_size=1,
        max_size=40,
    )
)
@settings(deadline=None)
def test_any_rows_in_any_order(drawn: list[list[tuple[int, float, bool]]]) -> None:
    steps = [
        ([row for row, _, _ in step], torch.tensor([[-g if down else g] * WIDTH for _, g, down in step]).double())
        for step in drawn
    ]
    ours, theirs, _ = both(steps, torch.float64)
    # Opposite gradients for one row can add up to one near ε.
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-6)


@pytest.mark.parametrize("size", [0.1, 0.0, 1e-30])
def test_rows_that_were_never_used_keep_every_bit(size: float) -> None:
    ours, _, start = both(random_steps(200, size, torch.float32), torch.float32)
    assert torch.equal(ours[-5:], start[-5:])
    assert ours.isfinite().all()
    assert torch.equal(ours, start) == (size < 0.1)


def test_settling_twice_changes_nothing() -> None:
    w = torch.randn(ROWS, WIDTH).requires_grad_()
    table = TableAdam(w, LR)
    table._steps = table_adam.YOUNG
    for rows, values in random_steps(20, 0.1, torch.float32):
        table.read(torch.tensor(rows))
        w.grad = torch.sparse_coo_tensor([rows], values, w.shape, check_invariants=True)
        table.step()
    behind = w.detach().clone()
    table.catch_up()
    settled = w.detach().clone()
    table.catch_up()
    assert not torch.equal(behind, settled)
    assert torch.equal(settled, w)


@pytest.fixture(scope="module")
def clicks() -> Interactions:
    """So many items that most rest for many steps."""
    spec = datasets.resolve("synthetic-cikm")
    return spec.open(spec.configure({"scale": 0.005})).load()


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[TableAdam]]:
    """What was made of the class, which is used for tables of any size."""
    made: list[TableAdam] = []
    init = TableAdam.__init__
    monkeypatch.setattr(TableAdam, "__init__", lambda self, *args: (init(self, *args), made.append(self))[0])
    monkeypatch.setattr(table_adam, "MIN_ROWS", 0)
    monkeypatch.setattr(table_adam, "ROWS_PER_LABEL", 0)
    yield made


Make = Callable[..., Transformer]
SCHEDULE = Schedule(weight_decay=0.0, epochs=1, eval_every=1, batch_size=2)


def trained(
    transformer: Make, data: Interactions, schedule: Schedule = SCHEDULE, prompted: bool = False, **options: Any
) -> tuple[list[dict[str, Tensor]], dict[str, Any]]:
    """Train a small network; returns its state after each epoch and in the end, and the log."""
    encoder = transformer(data.n_items, std=0.02, max_length=16, dropout=0.1)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        prompts = PromptGenerator(attribute_sizes(data), PromptConfig(), 8, 1) if prompted else None
    states: list[dict[str, Tensor]] = []

    def look(_: float = 0) -> None:
        given = prompts.state_dict() if prompts is not None else {}
        states.append({name: value.clone() for name, value in {**encoder.state_dict(), **given}.items()})

    log = fit(encoder, prompts, data, schedule, 1, report=look, **options)
    look()
    assert not encoder.item_embedding.sparse
    return states, log


def press(users: Any, labels: Any, negatives: Any, rng: np.random.Generator) -> Any:
    """Replace some labels, and leave some positions without a negative, which then is row 0."""
    return np.where(rng.random(len(labels)) < 0.2, 7, labels), np.where(rng.random(len(labels)) < 0.2, 0, negatives)


@pytest.mark.parametrize(
    ("changes", "options"),
    [
        ({}, {}),
        ({"epochs": 2}, {}),
        ({"max_history": 5}, {}),
        ({}, {"prompted": True, "learn": ("model", "prompt")}),
        ({}, {"relabel": press}),
        ({}, {"relabel": press, "select_on": "poisoned"}),
    ],
    ids=["plain", "two-epochs", "short", "prompts", "relabelled", "poisoned"],
)
def test_training_is_dense_adams(
    transformer: Make, clicks: Interactions, made: list[TableAdam], monkeypatch: Any, changes: Any, options: Any
) -> None:
    monkeypatch.setattr(linear, "_available", lambda: False)  # the bound is for the rounding of torch's products
    schedule = replace(SCHEDULE, **changes)
    ours, log = trained(transformer, clicks, schedule, **options)
    assert len(made) == 1 and made[0]._steps > 2 * table_adam.YOUNG
    monkeypatch.setattr(table_adam, "MIN_ROWS", 10**9)
    theirs, expected = trained(transformer, clicks, schedule, **options)
    assert len(made) == 1
    for one, other in zip(ours, theirs, strict=True):
        for name, value in one.items():
            torch.testing.assert_close(value, other[name], rtol=0, atol=2e-6, msg=lambda m, name=name: f"{name}: {m}")
    assert [score for _, score in log["validation"]] == pytest.approx(
        [score for _, score in expected["validation"]], abs=1e-3
    )


def test_the_same_seed_gives_the_same_bits(transformer: Make, clicks: Interactions, made: list[TableAdam]) -> None:
    (one, _), (two, _) = (trained(transformer, clicks, replace(SCHEDULE, epochs=1)) for _ in range(2))
    assert len(made) == 2
    assert all(torch.equal(value, two[-1][name]) for name, value in one[-1].items())


class Undeclared(Transformer):
    only_looks_up = False


@pytest.mark.parametrize(
    ("changes", "options"),
    [
        ({"loss": "softmax"}, {}),
        ({"weight_decay": 1e-6}, {}),
        ({"average": 0.1}, {}),
        ({}, {"prompted": True, "learn": ("prompt",)}),
        ({}, {"network": Undeclared}),
        ({}, {"rows": 10**9}),
        ({}, {"rows_per_label": 10**6}),
    ],
    ids=["softmax", "weight-decay", "average", "frozen-table", "undeclared", "small-table", "large-batch"],
)
def test_where_dense_adam_stays(
    transformer: Make, clicks: Interactions, made: list[TableAdam], monkeypatch: Any, changes: Any, options: Any
) -> None:
    monkeypatch.setattr(table_adam, "MIN_ROWS", options.pop("rows", 0))
    monkeypatch.setattr(table_adam, "ROWS_PER_LABEL", options.pop("rows_per_label", 0))
    monkeypatch.setattr(Transformer, "only_looks_up", options.pop("network", Transformer).only_looks_up)
    trained(transformer, clicks, replace(SCHEDULE, **changes), **options)
    assert not made


def test_divergence_leaves_the_table_as_others_know_it(
    transformer: Make, clicks: Interactions, made: list[TableAdam]
) -> None:
    encoder = transformer(clicks.n_items, max_length=16)
    with pytest.raises(FloatingPointError, match="not finite"):
        fit(encoder, None, clicks, replace(SCHEDULE, lr=1e30), 1)
    assert made and not encoder.item_embedding.sparse
