"""Schedules and options shared by all victims; free of torch, so that planning stays fast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ...core.config import later, revised


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to train, and when to stop."""

    loss: Literal["bpr", "softmax"] = revised("bpr")
    """bpr: one uniform negative outside the user's own items; softmax: cross-entropy over all items."""
    lr: float = 1e-3
    """Adam's learning rate."""
    weight_decay: float = 1e-6
    """L2 coefficient inside Adam; with 0 a step on a large item table costs only the rows that it uses (bpr)."""
    batch_size: int = 32
    """Sequences (windows of at most the model's maximum length) in a batch."""
    epochs: int = 40
    """Epochs at most; each sees every training label once."""
    eval_every: int = 2
    """Epochs between looks at the validation items."""
    patience: int = 5
    """Looks without improvement before training stops; the best state is kept."""
    metric: Literal["NDCG@10", "NDCG@100", "HR@10"] = "NDCG@10"
    """Validation metric that selects the state that is kept, full ranking, history masked."""
    eval_users: int = 5000
    """At most this many users, drawn by seed, are looked at."""
    max_history: int = 0
    """Keep only each user's last items, this many; 0 keeps all."""
    windows: Literal["fixed", "random"] = later("fixed")
    """fixed: sequences are cut in the same places every epoch, and a batch has windows of like length, for speed;
    random: those longer than the model takes are cut anew every epoch, and a batch has windows of any length.
    """
    average: float = later(0.0)
    """Judge and keep the average of the weights over about the last this share of all steps; 0: the weights."""

    def __post_init__(self) -> None:
        """Refuse what cannot be trained with."""
        for name in ("lr", "batch_size", "epochs", "eval_every", "patience", "eval_users"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name}={getattr(self, name)} must be positive.")
        if self.weight_decay < 0 or self.max_history < 0:
            raise ValueError("weight_decay and max_history must not be negative.")
        if not 0 <= self.average <= 1:
            raise ValueError(f"average={self.average} must lie between 0 and 1.")


@dataclass(frozen=True)
class PromptConfig:
    """The generator that turns a user's attributes into soft tokens before the sequence."""

    tokens: int = 1
    """Soft tokens per user."""
    attribute_size: int = 16
    """Width of each attribute's embedding."""
    deep: bool = False
    """Give every layer tokens of its own instead of only the first."""

    def __post_init__(self) -> None:
        """Refuse sizes below one."""
        if self.tokens < 1 or self.attribute_size < 1:
            raise ValueError("tokens and attribute_size must be at least 1.")


@dataclass(frozen=True)
class RankConfig:
    """How items are ranked for the platform's users."""

    mask_history: bool = True
    """Leave out what a user already interacted with (the held-out item always stays)."""
    k: int = 100
    """Items kept per user."""
    users: int = later(32768)
    """At most this many users, the same for every model, are ranked for; 0 ranks for all."""

    def __post_init__(self) -> None:
        """Refuse rankings too short for the metrics."""
        if self.k < 100:
            raise ValueError(f"k={self.k} is below 100, which the detectors' statistics need.")
        if self.users < 0:
            raise ValueError(f"users={self.users} must not be negative.")
