"""Options of every attack by malicious clients of a federation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ....core.config import Options
from ....core.ranges import Count, Positive, Share


@dataclass(frozen=True)
class MaliciousConfig(Options):
    """How many malicious clients there are."""

    malicious: Share = 0.005
    """Malicious clients as a share ρ of the benign ones, rounded down (the paper: 0.005 on ML, 0.001 on AZ)."""


@dataclass(frozen=True)
class ApproximationConfig(MaliciousConfig):
    """Options of attacks that make up users' embeddings."""

    draws: Count = 10
    """Embeddings n that a client draws in a round, for each target that has its own."""
    sigma: Positive = 0.01
    """Their standard deviation σ."""
    variant: Literal["paper", "released"] = "paper"
    """For several targets: their sum (equations 7, 10), A-hum's each with draws of its own; or shared draws, a mean."""
