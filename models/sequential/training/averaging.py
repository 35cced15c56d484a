"""An average of the weights along a training: what it comes to, with less of its last steps' noise.

Averaging with polynomial decay: O. Shamir and T. Zhang, "Stochastic Gradient Descent for Non-smooth Optimization",
ICML 2013. The average reaches back over a fixed share of the steps so far, so that the beginning is forgotten and
nothing depends on how many steps an epoch has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor


class Average:
    """The average of some parameters over the steps of a training.

    Args:
        parameters: What is averaged.
        share: About the last this share of all steps counts: in the paper's terms η is 1 / share - 1.
    """

    def __init__(self, parameters: Sequence[Tensor], share: float) -> None:
        self._parameters, self._share, self._steps = list(parameters), share, 0
        self._means = [parameter.detach().clone() for parameter in parameters]

    @torch.no_grad()
    def update(self) -> None:
        """Take in the parameters after a step; after the first they are the average."""
        torch._foreach_lerp_(self._means, self._parameters, 1 / (1 + self._share * self._steps))
        self._steps += 1

    @contextmanager
    def used(self) -> Iterator[None]:
        """Put the average in the parameters' place, as long as this lasts."""
        own = [parameter.detach().clone() for parameter in self._parameters]
        try:
            self.use()
            yield
        finally:
            self._set(own)

    def use(self) -> None:
        """Put the average in the parameters' place."""
        self._set(self._means)

    @torch.no_grad()
    def _set(self, values: Sequence[Tensor]) -> None:
        for parameter, value in zip(self._parameters, values, strict=True):
            parameter.copy_(value)
