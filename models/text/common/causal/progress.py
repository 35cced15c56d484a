"""The state of a training between two steps, as bytes: whoever goes on from it comes to the same weights."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from safetensors.numpy import load, save

Parameters = dict[str, torch.nn.Parameter]
_MOMENTS = ("exp_avg", "exp_avg_sq")


@dataclass
class Progress:
    """Where a training stands.

    Attributes:
        epoch: Epochs that are finished.
        place: Lists of the next one that were seen.
        step: Steps that were taken.
        order: In which the epoch that is not finished sees the lists.
        total: Sum of its losses, a prompt's as one.
        losses: Mean loss of each finished epoch.
    """

    epoch: int = 0
    place: int = 0
    step: int = 0
    order: list[int] = field(default_factory=list)
    total: float = 0.0
    losses: list[float] = field(default_factory=list)


def packed(
    progress: Progress, parameters: Parameters, optimizer: torch.optim.Optimizer, rng: np.random.Generator, device: str
) -> bytes:
    """Return the state of a training, with all that it will draw."""
    arrays = {f"value {name}": _numpy(value) for name, value in parameters.items()}
    for name, value in parameters.items():  # what got no gradient yet has no state
        arrays |= {f"{key} {name}": _numpy(moment) for key, moment in optimizer.state[value].items()}
    arrays["random state"] = torch.get_rng_state().numpy()
    if device.startswith("cuda"):
        arrays["random state of cuda"] = torch.cuda.get_rng_state(device).numpy()
    told = {"progress": asdict(progress), "rng": rng.bit_generator.state}
    return save(arrays | {"json": np.frombuffer(json.dumps(told).encode(), np.uint8).copy()})


def unpacked(
    content: bytes, parameters: Parameters, optimizer: torch.optim.Optimizer, rng: np.random.Generator, device: str
) -> Progress:
    """Put a training into the state that :func:`packed` returned, or leave it at its beginning if there is none.

    Args:
        content: The bytes, or none.
        parameters: What is trained, by name; changed in place.
        optimizer: An AdamW of these, whose state is replaced.
        rng: Draws batches; its state is replaced, and so is torch's.
        device: Where the training computes.
    """
    if not content:
        return Progress()
    arrays = load(content)
    told: dict[str, Any] = json.loads(arrays["json"].tobytes())
    progress = Progress(**told["progress"])
    with torch.no_grad():
        for name, value in parameters.items():
            value.copy_(torch.from_numpy(arrays[f"value {name}"]))
            if (step := arrays.get(f"step {name}")) is not None:
                moments = {key: torch.from_numpy(arrays[f"{key} {name}"]).to(value) for key in _MOMENTS}
                optimizer.state[value] = {"step": torch.from_numpy(step), **moments}
    rng.bit_generator.state = told["rng"]
    torch.set_rng_state(torch.from_numpy(arrays["random state"]))
    if device.startswith("cuda"):
        torch.cuda.set_rng_state(torch.from_numpy(arrays["random state of cuda"]), device)
    return progress


def _numpy(value: torch.Tensor) -> np.ndarray[Any, Any]:
    return value.detach().float().cpu().numpy().copy()
