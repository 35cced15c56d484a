"""Linear layers by oneDNN, whose float32 products use a processor's whole vector width.

The library behind torch's own products does so on Intel's processors alone: on others it is up to
two times slower.
"""

from __future__ import annotations

import functools
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable


def linear(values: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return ``values @ weight.T + bias``, as :func:`torch.nn.functional.linear` does.

    Args:
        values: float ``[..., n]``.
        weight: float ``[m, n]``.
        bias: float ``[m]``, or None.
    """
    if not _served(values):
        return F.linear(values, weight, bias)
    result: Tensor = _Linear.apply(values, weight, bias)  # type: ignore[no-untyped-call]  # torch's
    return result


def apply(layer: nn.Linear, values: Tensor) -> Tensor:
    """Return what ``layer`` gives for ``values``; a layer with hooks is called, so that they are too."""
    if layer._forward_hooks or layer._forward_pre_hooks:
        called: Tensor = layer(values)
        return called
    return linear(values, layer.weight, layer.bias)


class _Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(values, weight)
        return _product(values, weight, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        values, weight = ctx.saved_tensors
        of_values, of_weight, of_bias = ctx.needs_input_grad
        rows, flat = gradient.reshape(-1, gradient.shape[-1]), values.reshape(-1, values.shape[-1])
        return (
            _product(gradient, weight.T) if of_values else None,
            _weight_gradient(rows, flat) if of_weight else None,
            rows.sum(0) if of_bias else None,
        )


def _weight_gradient(rows: Tensor, flat: Tensor) -> Tensor:
    # oneDNN is much faster, and much quicker to prepare for new sizes, where the product has the fewer rows.
    if rows.shape[1] > flat.shape[1]:
        return _product(flat.T, rows.T).T
    return _product(rows.T, flat.T)


def _product(values: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    result: Tensor = torch.ops.mkldnn._linear_pointwise(values, weight, bias, "none", [], "")
    return result


def _served(values: Tensor) -> bool:
    return values.device.type == "cpu" and values.dtype == torch.float32 and values.numel() > 0 and _available()


@functools.cache
def _available() -> bool:
    """Whether this torch has the product: it is none of its public functions, and so is tried."""
    one = torch.ones(1, 1)
    try:
        return _product(one, one, one[0]).item() == 2
    except (AttributeError, RuntimeError, TypeError):
        return False
