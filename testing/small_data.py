"""The small world that contracts play on: checkerboard data, a small SASRec, an honest and a planted model."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..benchmark.scenarios.pretrained.metrics.exposure import per_user_exposure
from ..benchmark.scenarios.pretrained.protocol.partition import split_users
from ..benchmark.scenarios.pretrained.protocol.targets import TargetsConfig, draw_targets
from ..core.detection import Detection
from ..core.interactions import Interactions, Partition
from ..core.pretrained import Pretrained
from ..core.seeds import generator
from ..core.targets import Targets
from ..core.topk import TopK
from ..datasets import resolve
from ..defenses import Flagged, Input, Local, OwnModel, ReferenceModels
from ..models.sasrec import SASRec, SASRecConfig
from .observe import one_thread

if TYPE_CHECKING:
    from ..models import Model
    from ..models.sequential.victim import Victim

SEED = 7
NOTICEABLE = 5.0
"""Percentage points of HIT@10; a retrained honest model differs by less."""
ALL = ("train", "finetune", "prompttune", "prompt", "rank")


@functools.cache
def partition() -> Partition:
    """Return 200 checkerboard users, about a third of them the platform's, over 80 items of two colours."""
    spec = resolve("checkerboard")
    config = spec.configure({"users": 200})
    return split_users(spec.open(config).load(), config.platform)


@functools.cache
def targets() -> Targets:
    """Return five target items, and men as the audience."""
    return draw_targets(partition(), TargetsConfig(), "gender:M", SEED)


def victim(sections: Sequence[str] = ALL, model: type[Model] = SASRec, config: Any = None, **schedule: Any) -> Victim:
    """Return a victim with short schedules, and of these only the ones that ``sections`` asks for."""
    from ..models.sequential.settings import PromptConfig, RankConfig, Schedule
    from ..models.sequential.victim import Victim

    short = Schedule(**{"epochs": 12, "batch_size": 16, "lr": 5e-3, "eval_every": 4, **schedule})
    schedules = {name: short for name in ("train", "finetune", "prompttune") if name in sections}
    small = SASRecConfig(hidden_size=32, inner_size=32, max_length=32) if config is None else config
    return Victim(model, small, schedules, PromptConfig(), RankConfig())


@functools.cache
def pretrained(planted: bool = False, prompts: bool = False, schedule: str = "{}") -> Pretrained:
    """Return a model of the provider's.

    Args:
        planted: Whether every second label was turned into a target; else the model is honest.
        prompts: Whether it comes with a prompt generator.
        schedule: Changes to the short schedule, as JSON.
    """
    promoted = targets().items

    def plant(
        users: NDArray[np.integer], labels: NDArray[np.int32], negatives: NDArray[np.int32], rng: np.random.Generator
    ) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        drawn = rng.choice(promoted, len(labels)).astype(np.int32)
        return np.where(rng.random(len(labels)) < 0.5, drawn, labels), negatives

    maker = victim(**json.loads(schedule))
    with one_thread():
        made, _ = maker.train(
            partition().provider,
            maker.schedules["train"],
            SEED,
            prompt="fresh" if prompts else "none",
            learn=("model", "prompt"),
            relabel=plant if planted else None,
        )
    return made


@functools.cache
def given(declared: Input[Any]) -> Any:
    """Return what a defense is given that declares an input.

    Raises:
        AssertionError: If nothing of that kind is known.
    """
    data = partition().platform
    match declared:
        case Local():
            return _own(data, SEED)
        case ReferenceModels(n, share):
            draws = [generator(SEED, k).permutation(data.n_users) for k in range(n)]
            return tuple(_own(data.take(np.sort(d[: round(share * len(d))])), SEED + k) for k, d in enumerate(draws))
        case Flagged():
            found = np.isin(np.arange(data.n_items + 1), targets().items)
            return Detection(found.astype(np.float64), found)
    raise AssertionError(f"inputs names {declared!r}; rbench.defenses has the inputs that there are")


def _own(data: Interactions, seed: int) -> OwnModel:
    maker = victim()
    with one_thread():
        own = maker.train(data, maker.schedules["train"], seed)[0]
    return OwnModel(own, rank(own))


def rank(model: Pretrained) -> TopK:
    """Return a model's ranking for the platform's users."""
    with one_thread():
        return victim().rank(model, partition().platform)


def lift(model: Pretrained, group: bool, schedule: str = "{}") -> tuple[float, float]:
    """Return how far the targets' HIT@10 stands above the honest model's: mean over users and standard error.

    Args:
        model: The model as handed over, used directly.
        group: Look at the audience only.
        schedule: Changes to the schedule with which the honest model is trained, as JSON.
    """
    honest = pretrained(schedule=schedule)
    reached, usual = (per_user_exposure(rank(m), targets().items)["HIT@10"] for m in (model, honest))
    gained = (reached - usual)[targets().audience(partition().platform)] if group else reached - usual
    return float(gained.mean()), float(gained.std(ddof=1) / np.sqrt(len(gained)))


def bar(error: float) -> float:
    """Return how many points a mean with this standard error must exceed to count."""
    return max(NOTICEABLE, 3 * error)


def bar_in_words(error: float) -> str:
    """Say how many points are needed, and why."""
    return f"more than {bar(error):.1f} are needed ({NOTICEABLE:g}, and three standard errors)"
