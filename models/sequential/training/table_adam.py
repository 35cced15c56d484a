"""Adam for a large item table: a step costs only the rows that its batch uses, with dense Adam's results."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from ..encoder import SequenceEncoder
from ..settings import Schedule

BETA1, BETA2, EPS = 0.9, 0.999, 1e-8
"""Torch's defaults, as for all other parameters."""
MIN_ROWS, ROWS_PER_LABEL = 10_000, 8
"""Tables with fewer rows, for the labels of a batch, are left to dense Adam, which is faster there
(docs/notes/large-item-tables.md)."""
YOUNG = 64
"""Steps of a training that no row puts off; see the last sentence on :class:`TableAdam`."""

_RATIOS = (BETA1 / math.sqrt(BETA2), BETA1 / BETA2)
_SETTLED = math.ceil(-53 * math.log(2) / math.log(BETA2))  # steps after which 1 - BETA2^s is 1 in float64
_BLOCK = 1 << 14  # rows that `catch_up` works on at once, so that its copies stay in the processor's cache


class TableAdam:
    """Adam without weight decay for one table, whose rows stay behind until they are used.

    Dense Adam (Kingma and Ba, ICLR 2015) also moves a row without gradient, by its decaying moments.
    With m and v as they were at step a, the row's steps s = a+1 … b together are ::

        -lr · sum_s r^(s-a) c(s) · m / (√v + e(s)),    r = β₁/√β₂,  c(s) = √(1-β₂^s) / (1-β₁^s),
                                                       e(s) = ε √(1-β₂^s) / β₂^((s-a)/2)

    and are made up for at once when the row is used next. The sum of the weights r^(s-a) c(s) is
    H(a) - r^(b-a) H(b), with H(a) = r (c(a+1) + H(a+1)) tabulated. One e stands for all e(s): their
    mean under the same weights, a difference of the same kind, which leaves an error of second order.
    Its share of the sum is about Var e(s) / (√v + e)²: 0 for one missed step; for more, e(s) varies by
    half a percent, so that it is at most 3e-5, and that for gradients near ε only. Early in a training
    e(s) varies more: by half in the first steps, which are therefore taken one by one, then by 7% and less.
    """

    def __init__(self, table: Tensor, lr: float) -> None:
        """Start with all moments at zero.

        Args:
            table: float ``[rows, d]``, a leaf that gets sparse gradients; changed in place.
            lr: Learning rate.
        """
        self.table, self.lr = table, lr
        self._values = table.detach()
        self._m, self._v = torch.zeros_like(self._values), torch.zeros_like(self._values)
        self._steps = 0
        self._last = torch.zeros(len(table), dtype=torch.int64, device=table.device)  # 0: never read
        self._used = torch.zeros(len(table), dtype=torch.bool, device=table.device)
        self._ratios = torch.tensor(_RATIOS, dtype=torch.float64, device=table.device)
        self._tails = _tails().to(table.device)

    def read(self, *items: Tensor) -> None:
        """Bring the rows of these items up to date, which has to come before they are read."""
        for some in items:
            self._used[some.reshape(-1).long()] = True
        rows = self._used.nonzero().squeeze(1)
        self._used[rows] = False
        self._batch = rows, *self._current(rows)
        self._values.index_copy_(0, rows, self._batch[1])

    def step(self) -> None:
        """Take one step for the rows read last with the table's gradient, and drop the gradient."""
        assert self.table.grad is not None
        grad, self.table.grad = self.table.grad.coalesce(), None
        rows, p, m, v = self._batch
        g = torch.zeros_like(p).index_copy_(0, torch.searchsorted(rows, grad.indices()[0]), grad.values())
        self._steps += 1
        m.lerp_(g, 1 - BETA1)
        v.mul_(BETA2).addcmul_(g, g, value=1 - BETA2)
        spread = v.sqrt().div_(math.sqrt(1 - BETA2**self._steps)).add_(EPS)
        p.addcdiv_(m, spread, value=-self.lr / (1 - BETA1**self._steps))
        self._write(rows, p, m, v)
        if self._steps <= YOUNG:
            self.catch_up()

    def catch_up(self) -> None:
        """Bring all rows up to date; to be called before the table is read."""
        behind = (self._last > 0) & (self._last < self._steps)
        for rows in torch.split(behind.nonzero().squeeze(1), _BLOCK):
            self._write(rows, *self._current(rows))

    def _current(self, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return copies of these rows' values and moments as they would be by now."""
        p, m, v = (a.index_select(0, rows) for a in (self._values, self._m, self._v))
        last = self._last[rows]
        missed = (self._steps - last).double()[:, None]
        now = self._tails[min(self._steps, _SETTLED)]
        sums = self._tails[last.clamp(max=_SETTLED)] - self._ratios**missed * now
        mean = torch.where(missed > 0, sums[:, 1:] / sums[:, :1], 1.0)
        p.addcdiv_(sums[:, :1].to(p.dtype) * m, v.sqrt().add_((EPS * mean).to(p.dtype)), value=-self.lr)
        return p, m.mul_((BETA1**missed).to(p.dtype)), v.mul_((BETA2**missed).to(p.dtype))

    def _write(self, rows: Tensor, *values: Tensor) -> None:
        for a, value in zip((self._values, self._m, self._v), values, strict=True):
            a.index_copy_(0, rows, value)
        self._last[rows] = self._steps


@contextmanager
def table_adam(encoder: SequenceEncoder, schedule: Schedule, labels: float) -> Iterator[TableAdam | None]:
    """Yield an optimizer of the item table for a training, or None where dense Adam has to do.

    Args:
        encoder: The network.
        schedule: How it is trained.
        labels: In a batch, on average.

    With weight decay a row without a gradient moves by its own value, for which there is no closed form;
    a softmax over all items uses every row, and so does an average of the weights.
    """
    embedding = encoder.item_embedding
    if (
        not encoder.only_looks_up
        or schedule.loss != "bpr"
        or schedule.weight_decay
        or schedule.average
        or not embedding.weight.requires_grad
        or len(embedding.weight) < MIN_ROWS + ROWS_PER_LABEL * labels
    ):
        yield None
        return
    embedding.sparse = True
    try:
        yield TableAdam(embedding.weight, schedule.lr)
    finally:
        embedding.sparse = False


@functools.cache
def _tails() -> Tensor:
    """Return float64 ``[_SETTLED + 1, 2]``: for each step, H and the like sum with e(s) / ε in the weights."""
    r, q = _RATIOS
    tails = [(r / (1 - r), q / (1 - q))]
    for s in range(_SETTLED, 0, -1):
        first, second = 1 - BETA1**s, 1 - BETA2**s
        h, g = tails[-1]
        tails.append((r * (math.sqrt(second) / first + h), q * (second / first + g)))
    return torch.tensor(tails[::-1], dtype=torch.float64)
