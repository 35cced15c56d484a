"""Schedules and options shared by all victims; free of torch, so that planning stays fast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from ...core.config import Options, later, revised
from ...core.ranges import Count, CountOrZero, Positive, Range

ENGINE = 1
"""Version of training, scoring and ranking. Raise it whenever the same options give other results, for any victim."""


@dataclass(frozen=True)
class Schedule(Options):
    """How long and how fast to train, and when to stop."""

    loss: Literal["bpr", "softmax"] = revised("bpr")
    """bpr: one uniform negative outside the user's own items; softmax: cross-entropy over all items."""
    lr: Positive = 1e-3
    """Adam's learning rate."""
    weight_decay: Annotated[float, Range(0)] = 1e-6
    """L2 coefficient inside Adam; with 0 a step on a large item table costs only the rows that it uses (bpr)."""
    batch_size: Count = 32
    """Sequences (windows of at most the model's maximum length) in a batch; a model that reads a row for each label has
    as many labels in a batch as so many windows of 100 would have."""
    epochs: Count = 40
    """Epochs at most; each sees every training label once."""
    eval_every: Count = 2
    """Epochs between looks at the validation items."""
    patience: Count = 5
    """Looks without improvement before training stops; the best state is kept."""
    metric: Literal["NDCG@10", "NDCG@100", "HR@10"] = "NDCG@10"
    """Validation metric that selects the state that is kept, full ranking, history masked."""
    eval_users: Count = 5000
    """At most this many users, drawn by seed, are looked at."""
    max_history: CountOrZero = 0
    """Keep only each user's last items, this many; 0 keeps all."""
    windows: Literal["fixed", "random"] = later("fixed")
    """fixed: sequences are cut in the same places every epoch, and a batch has windows of like length, for speed;
    random: those longer than the model takes are cut anew every epoch, and a batch has windows of any length.
    """
    average: Annotated[float, Range(0, 1)] = later(0.0)
    """Judge and keep the average of the weights over about the last this share of all steps; 0: the weights."""
    share: Annotated[float, Range(above=0, most=1)] = later(1.0)
    """Share of the sequences, or of the rows for each label, that an epoch sees, drawn anew every epoch."""
    loader: Literal["rbench", "recbole"] = later("rbench")
    """rbench: whole sequences, or rows made batch by batch; recbole: RecBole's own data set and loader, with a padded
    row for each label, many times slower."""


@dataclass(frozen=True)
class PromptConfig(Options):
    """The generator that turns a user's attributes into soft tokens before the sequence."""

    tokens: Count = 1
    """Soft tokens per user."""
    attribute_size: Count = 16
    """Width of each attribute's embedding."""
    deep: bool = False
    """Give every layer tokens of its own instead of only the first."""


@dataclass(frozen=True)
class RankConfig(Options):
    """How items are ranked for the platform's users."""

    mask_history: bool = True
    """Leave out what a user already interacted with (the held-out item always stays)."""
    k: Annotated[int, Range(100)] = 100
    """Items kept per user; the detectors' statistics need 100."""
    users: Annotated[int, Range(0)] = later(32768)
    """At most this many users, the same for every model, are ranked for; 0 ranks for all."""
