"""Models of RecBole's that have to be given each prefix by itself, by RecBole's classes, as victims' networks."""

from __future__ import annotations

import inspect
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..batch import Batch, Objective
from .network import RecBoleNetwork


class PrefixEncoder(RecBoleNetwork):
    """Mixed into a model of RecBole's whose scores are products with its item table.

    All users are the first of a table with one row, because a platform's users are in no table of the provider's.
    """

    examples = "prefixes"
    only_looks_up = True

    def last(self, items: Tensor, lengths: Tensor, prompt: Tensor | None = None) -> Tensor:
        """Encode each sequence by ``forward``; soft tokens are read before the first item."""
        if prompt is not None and not self.takes_prompts:
            raise ValueError(f"{type(self).__name__} takes no prompts.")
        self.settle_padding()
        if self.fixed_width:
            items = F.pad(items, (0, self.max_length - items.shape[1]))
        self.device = items.device  # RecBole keeps that of its configuration
        with self._prompted(items.long(), prompt) as (rows, tokens):
            encoded: Tensor = self.forward(*self._arguments(rows, lengths + tokens))
        return encoded

    def _arguments(self, items: Tensor, lengths: Tensor) -> list[Tensor]:
        """Return what RecBole's ``forward`` asks for, by the names of its parameters."""
        known = {"item_seq": items, "item_seq_len": lengths, "user": torch.zeros_like(lengths)}
        known |= {"seq_item": items, "seq_item_len": lengths}
        return [known[name] for name in inspect.signature(self.forward).parameters]


class CaserEncoder(PrefixEncoder):
    """Mixed into RecBole's Caser: its loss has L2 norms of weights in it."""

    only_looks_up = False
    fixed_width = True
    reg_loss: Any
    reg_loss_conv_h: Any
    reg_weight: float

    def loss(self, batch: Batch, objective: Objective) -> Tensor:
        """Return the schedule's loss, and the norms that RecBole's ``calculate_loss`` adds."""
        loss: Tensor = super().loss(batch, objective)  # first, for it writes the table's row 0
        layers = ("user_embedding", "item_embedding", "conv_v", "fc1", "fc2")
        norms: Tensor = self.reg_loss([getattr(self, name).weight for name in layers])
        loss = loss + self.reg_weight * norms + self.reg_loss_conv_h()
        return loss


class SINEEncoder(PrefixEncoder):
    """Mixed into RecBole's SINE, which draws weights from NumPy's global state, in memory whatever the device."""

    fixed_width = True

    def _init_weight(self, shape: int | tuple[int, ...]) -> nn.Parameter:
        """Return weights drawn as RecBole does; on the device ``meta``, where only shapes are asked for, none."""
        if torch.get_default_device().type == "meta":
            return nn.Parameter(torch.empty(shape))
        drawn: nn.Parameter = super()._init_weight(shape)  # type: ignore[misc]  # of RecBole's class
        return drawn


class HRMEncoder(PrefixEncoder):
    """Mixed into RecBole's HRM, which moves the padding before the items, row by row in Python."""

    fixed_width = True

    def inverse_seq_item(self, seq_item: Tensor, seq_item_len: Tensor) -> Tensor:
        """Return int ``[batch, length]`` with each row's items at its end and the zeros before them."""
        width = seq_item.shape[1]
        places = torch.arange(width, device=seq_item.device) + seq_item_len[:, None]
        return seq_item.gather(1, places % width)
