"""Causal attention: torch's fused kernel, and plain products for what that lacks on a processor, dropout."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from .dropout import dropout


def attend(query: Tensor, key: Tensor, value: Tensor, rate: float) -> Tensor:
    """Return what :func:`torch.nn.functional.scaled_dot_product_attention` does, causal.

    Args:
        query: float ``[batch, heads, length, d]``.
        key: Like ``query``.
        value: Like ``query``, but for its d.
        rate: Of dropout; 0 outside training.
    """
    if query.is_cuda or not rate:
        return F.scaled_dot_product_attention(query, key, value, dropout_p=rate, is_causal=True)
    length, size = query.shape[2:]
    q, k, v = (part.flatten(0, 1) for part in (query, key, value))
    later = q.new_full((length, length), -math.inf).triu(1)
    weights = torch.baddbmm(later, q, k.mT, alpha=size**-0.5).softmax(-1)
    return torch.bmm(dropout(weights, rate, True), v).view(*query.shape[:3], -1)
