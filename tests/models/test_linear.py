"""Products by oneDNN are torch's own, forward and backward, for whatever needs a gradient."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from rbench.models.sequential.layers import linear as engine
from rbench.models.sequential.layers.linear import linear

SERVED = engine._served(torch.zeros(1))
sizes = st.integers(1, 70)


def run(function: object, tensors: list[Tensor | None], needed: tuple[bool, ...], weights: Tensor) -> list[Tensor]:
    """Outputs, then the gradients of those tensors that need one."""
    own = [None if t is None else t.clone().requires_grad_(need) for t, need in zip(tensors, needed, strict=True)]
    result = function(*own)  # type: ignore[operator]
    if any(needed):
        (result * weights).sum().backward()
    assert all((t.grad is not None) == need for t, need in zip(own, needed, strict=True) if t is not None)
    return [result.detach(), *(t.grad for t in own if t is not None and t.grad is not None)]


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=3),
    sizes,
    sizes,
    st.booleans(),
    st.tuples(st.booleans(), st.booleans(), st.booleans()),
    st.integers(0, 99),
)
def test_it_is_torchs_linear_and_so_are_its_gradients(
    rows: list[int], inner: int, outer: int, biased: bool, needed: tuple[bool, ...], seed: int
) -> None:
    draw = torch.Generator().manual_seed(seed)
    values, weight = (torch.randn(*shape, generator=draw) for shape in ((*rows, inner), (outer, inner)))
    bias = torch.randn(outer, generator=draw) if biased else None
    needed = (*needed[:2], needed[2] and biased)
    weights = torch.randn(*rows, outer, generator=draw)
    found = run(linear, [values, weight, bias], needed, weights)
    exact = [None if t is None else t.double() for t in (values, weight, bias)]
    wanted = run(F.linear, exact, needed, weights.double())
    assert len(found) == len(wanted)
    for mine, theirs in zip(found, wanted, strict=True):
        assert mine.dtype == torch.float32 and mine.shape == theirs.shape
        torch.testing.assert_close(mine.double(), theirs, rtol=1e-5, atol=1e-4)


def test_layouts_do_not_matter() -> None:
    draw = torch.Generator().manual_seed(0)
    values, weight = torch.randn(7, 5, generator=draw).T, torch.randn(4, 14, generator=draw)[:, ::2]
    upstream = torch.randn(1, 4, generator=draw).expand(5, 4)
    found = run(linear, [values, weight, None], (True, True, False), upstream)
    wanted = run(F.linear, [values, weight, None], (True, True, False), upstream)
    for mine, theirs in zip(found, wanted, strict=True):
        torch.testing.assert_close(mine, theirs)


@pytest.mark.skipif(not SERVED, reason="this torch has no oneDNN")
def test_single_precision_goes_to_onednn_and_other_numbers_to_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    product = engine._product
    monkeypatch.setattr(engine, "_product", lambda *given: (seen.append(given[0].dtype), product(*given))[1])
    values, weight = torch.randn(3, 2, requires_grad=True), torch.randn(4, 2, requires_grad=True)
    linear(values, weight).sum().backward()
    linear(values.double(), weight.double())
    assert seen == [torch.float32] * 3


@pytest.mark.parametrize("lack", [AttributeError, RuntimeError, TypeError])
def test_without_onednn_it_is_torchs(monkeypatch: pytest.MonkeyPatch, lack: type[Exception]) -> None:
    def absent(*given: object) -> Tensor:
        raise lack

    monkeypatch.setattr(engine, "_product", absent)
    monkeypatch.setattr(engine, "_available", engine._available.__wrapped__)  # without what it remembers
    values, weight, bias = torch.randn(3, 2), torch.randn(4, 2), torch.randn(4)
    assert torch.equal(linear(values, weight, bias), F.linear(values, weight, bias))
