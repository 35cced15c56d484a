"""Options of every attack by malicious clients of a federation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class MaliciousConfig:
    """How many malicious clients there are."""

    malicious: float = 0.005
    """Malicious clients as a share ρ of the benign ones, rounded down (the paper: 0.005 on ML, 0.001 on AZ)."""

    def __post_init__(self) -> None:
        """Refuse what is no share, and what counts nothing."""
        if not 0 <= self.malicious <= 1:
            raise ValueError(f"malicious={self.malicious} is not a share between 0 and 1.")
        for name in ("draws", "sigma", "step_size", "profile"):
            value = getattr(self, name, 1)
            if not value > 0:
                raise ValueError(f"{name}={value} must be positive.")
        if getattr(self, "steps", 0) < 0:
            raise ValueError("steps must not be negative.")


@dataclass(frozen=True)
class ApproximationConfig(MaliciousConfig):
    """Options of attacks that make up users' embeddings."""

    draws: int = 10
    """Embeddings n that a client draws in a round, for each target that has its own."""
    sigma: float = 0.01
    """Their standard deviation σ."""
    variant: Literal["paper", "released"] = "paper"
    """For several targets: their sum (equations 7, 10), A-hum's each with draws of its own; or shared draws, a mean."""
