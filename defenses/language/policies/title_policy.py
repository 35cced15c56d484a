"""The scanner's policy: a small network that labels a title as clean or as poisoned, from its bytes."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..common.title_bytes import SYMBOLS, title_bytes

LENGTH, PART = 128, 256
"""Bytes of a title that are read, and titles that are read at once."""
WIDTHS = (2, 3, 4, 5)
"""Lengths of the byte sequences that convolutions look for."""


class TitlePolicy(nn.Module):
    """Convolutions over bytes, their maxima and means over the title, and a layer that gives the labels' scores.

    Args:
        width: Size of a byte's embedding, and number of convolutions for each of the lengths.
        dropout: Probability with which a feature is left out in training.
    """

    part = PART
    """Titles that are read at once without learning."""
    warm, later = 3e-3, 3e-4
    """Learning rates of the warm start and of preference optimisation."""

    def __init__(self, width: int = 64, dropout: float = 0.2) -> None:
        super().__init__()
        self.embedding = nn.Embedding(SYMBOLS, width, padding_idx=0)
        self.convolutions = nn.ModuleList(nn.Conv1d(width, width, k, padding=k - 1) for k in WIDTHS)
        self.hidden = nn.Linear(2 * len(WIDTHS) * width, width)
        self.labels = nn.Linear(width, 2)
        self.dropout = nn.Dropout(dropout)

    def forward(self, rows: Tensor) -> Tensor:
        """Return log probabilities ``[titles, 2]`` of the labels clean and poisoned.

        Args:
            rows: int64 ``[titles, LENGTH]``, as ``title_bytes`` gives them.
        """
        rows = rows[:, : max(int((rows > 0).sum(1).max()), 1)]
        embedded = self.embedding(rows).transpose(1, 2)
        lengths = (rows > 0).sum(1, keepdim=True).clamp(min=1)
        features = []
        for size, convolution in zip(WIDTHS, self.convolutions, strict=True):
            found = torch.relu(convolution(embedded))
            # a convolution that starts in the title may end behind it, so that it sees where the title ends
            places = torch.arange(found.shape[2], device=rows.device)
            inside = places < (lengths + size - 1)[..., None]
            found = found * inside
            features += [found.amax(2), found.sum(2) / lengths]
        hidden = torch.relu(self.hidden(self.dropout(torch.cat(features, 1))))
        labels: Tensor = self.labels(self.dropout(hidden))
        return labels.log_softmax(1)

    def log_labels(self, titles: Sequence[str]) -> Tensor:
        """Return what ``forward`` returns, of titles as they are written."""
        rows: Tensor = self(torch.from_numpy(title_bytes(titles, LENGTH)).to(self.labels.weight.device).long())
        return rows

    def learned(self) -> dict[str, NDArray[Any]]:
        """Return the parameters by name."""
        return {name: value.cpu().numpy() for name, value in self.state_dict().items()}

    def frozen(self) -> TitlePolicy:
        """Return a copy, to be asked only."""
        return copy.deepcopy(self).eval()

    @torch.no_grad()
    def suspicion(self, titles: Sequence[str]) -> NDArray[np.float64]:
        """Return float64 ``[titles]``: the log odds that each is poisoned."""
        device = self.labels.weight.device
        rows = torch.from_numpy(title_bytes(titles, LENGTH)).to(device)
        parts = [self(part.long()) for part in torch.split(rows, PART) if len(part)]
        found = torch.cat([torch.zeros(0, 2, device=device), *parts]).double().cpu()
        odds: NDArray[np.float64] = (found[:, 1] - found[:, 0]).numpy()
        return odds
