"""Torch's random states: set for a while by a seed, and as they were afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from ...core.seeds import derive


@contextmanager
def seeded(seed: int, purpose: str, device: torch.device | str = "cpu") -> Iterator[None]:
    """Draw from ``derive(seed, purpose)``, on the processor and on ``device``, as long as this lasts."""
    place = torch.device(device)
    devices = [torch.cuda.current_device() if place.index is None else place.index] if place.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        state = derive(seed, purpose)
        torch.default_generator.manual_seed(state)  # torch.manual_seed would seed every other device too
        if devices:
            torch.cuda.manual_seed(state)
        yield


def repeatable(function: Callable[[], None], device: torch.device | str = "cpu") -> Callable[[], None]:
    """Return what draws the same at every call: whatever ``function`` draws at the first."""
    cuda = torch.device(device).type == "cuda"
    states: list[torch.Tensor] = []

    def call() -> None:
        if states:
            torch.set_rng_state(states[0])
            if cuda:
                torch.cuda.set_rng_state(states[1], device)
        else:
            states.append(torch.get_rng_state())
            if cuda:
                states.append(torch.cuda.get_rng_state(device))
        function()

    return call
