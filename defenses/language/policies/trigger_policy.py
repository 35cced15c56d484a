"""The agent's policy: a small network that writes a trigger for a title, byte by byte."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..common.families import FAMILIES
from ..common.title_bytes import SYMBOLS, title_bytes

TITLE, MOST = 32, 48
"""Bytes of a title that are read, and the most that a trigger has."""
FIRST, END = 32, 95
"""The first of the 95 printable signs that a trigger may have, and the symbol after its last one."""


class TriggerPolicy(nn.Module):
    """A gated recurrent unit that reads title and family, and then says of each sign which comes next.

    Args:
        width: Size of a symbol's embedding.
        hidden: Size of the state.
    """

    barred: Tensor
    warm, later = 3e-3, 3e-4
    """Learning rates of the warm start and of preference optimisation."""

    def __init__(self, width: int = 48, hidden: int = 112) -> None:
        super().__init__()
        self.embedding = nn.Embedding(SYMBOLS + len(FAMILIES), width, padding_idx=0)
        self.reader = nn.GRU(width, hidden, batch_first=True)
        self.signs = nn.Linear(hidden, END + 1)
        # A trigger is not empty, and ends in time.
        barred = torch.zeros(MOST + 1, END + 1, dtype=torch.bool)
        barred[0, END] = barred[MOST, :END] = True
        self.register_buffer("barred", barred, persistent=False)

    def log_probability(self, titles: Sequence[str], families: Sequence[str], triggers: Sequence[str]) -> Tensor:
        """Return float32 ``[n]``: the log probability, in nats, of each trigger, its end included.

        Args:
            titles: ``n`` titles.
            families: The family of each trigger.
            triggers: Printable ASCII; what is longer than ``MOST`` is cut.
        """
        written = torch.from_numpy(title_bytes([trigger[:MOST] for trigger in triggers], MOST)).long().to(self._device)
        states, _ = self.reader(self.embedding(torch.cat([self._question(titles, families), written], 1)))
        logits = self.signs(states[:, TITLE:]).masked_fill(self.barred, -torch.inf)
        lengths = (written > 0).sum(1, keepdim=True)
        answers = torch.where(written > 0, written - 1 - FIRST, END)
        answers = torch.cat([answers, torch.full_like(lengths, END)], 1)
        each: Tensor = logits.log_softmax(2).gather(2, answers[..., None])[..., 0]
        return (each * (torch.arange(MOST + 1, device=self._device) <= lengths)).sum(1)

    def frozen(self) -> TriggerPolicy:
        """Return a copy, to be asked only."""
        return copy.deepcopy(self).eval()

    @torch.no_grad()
    def draw(self, titles: Sequence[str], families: Sequence[str], rng: np.random.Generator) -> list[str]:
        """Return a trigger for each title, drawn from the policy."""
        state: Tensor
        states, state = self.reader(self.embedding(self._question(titles, families)))
        last, drawn = states[:, -1], np.full((len(titles), MOST), END)
        for place in range(MOST):
            logits = self.signs(last).masked_fill(self.barred[place], -torch.inf)
            noise = torch.from_numpy(rng.gumbel(size=tuple(logits.shape))).to(self._device)
            # the largest of logits with Gumbel noise is a draw from their softmax
            signs = (logits + noise).argmax(1).cpu().numpy()
            drawn[:, place] = np.where((drawn[:, :place] == END).any(1), END, signs)
            if (drawn[:, place] == END).all():
                break
            symbols = torch.from_numpy(np.where(signs == END, 0, signs + FIRST + 1)).to(self._device)
            states, state = self.reader(self.embedding(symbols[:, None]), state)
            last = states[:, -1]
        return ["".join(chr(FIRST + sign) for sign in row if sign != END) for row in drawn]

    @property
    def _device(self) -> torch.device:
        return self.signs.weight.device

    def _question(self, titles: Sequence[str], families: Sequence[str]) -> Tensor:
        """Return int64 ``[n, TITLE + 1]``: the title's last bytes, padded in front, and a symbol for the family."""
        rows: NDArray[np.int64] = np.zeros((len(titles), TITLE + 1), np.int64)
        for row, title, family in zip(rows, titles, families, strict=True):
            read = title.encode("utf-8", "replace")[-TITLE:]
            row[TITLE - len(read) : TITLE] = np.frombuffer(read, np.uint8).astype(np.int64) + 1
            row[TITLE] = SYMBOLS + FAMILIES.index(family)
        return torch.from_numpy(rows).to(self._device)
