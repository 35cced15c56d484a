"""Fine-tuning on the platform's data at a rate of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from ....core.config import Options
from ....core.pretrained import Pretrained
from ....core.ranges import Positive
from ... import Handed

if TYPE_CHECKING:
    from ....models.sequential.training.fit import StepRule, Term


@dataclass(frozen=True)
class TuningConfig(Options):
    """Options of a repair that fine-tunes."""

    speed: Positive = 10.0
    """Times the learning rate of the section ``finetune``, whose presets were chosen on clean accuracy alone."""


def tuned(
    handed: Handed,
    given: Pretrained,
    speed: float,
    *,
    seed: int | None = None,
    term: Term | None = None,
    rule: StepRule | None = None,
    loss: Literal["bpr", "softmax"] | None = None,
) -> tuple[Pretrained, dict[str, Any]]:
    """Continue training all that was handed over, prompts included, on the platform's data.

    Args:
        handed: Its data, victim and seed; the schedule is the victim's ``finetune``.
        given: Where training starts.
        speed: Times the schedule's learning rate.
        seed: Of the draws, if not the platform's.
        term: Added to the loss, as in ``Victim.train``.
        rule: What steps go by, as in ``Victim.train``.
        loss: In place of the schedule's, if the model has it.

    Returns:
        The tuned model and the log of the training.
    """
    schedule = handed.victim.schedules["finetune"]
    schedule = replace(schedule, lr=schedule.lr * speed)
    if loss is not None and loss in handed.victim.model.losses(handed.victim.config):
        schedule = replace(schedule, loss=loss)
    return handed.victim.train(
        handed.data,
        schedule,
        handed.seed if seed is None else seed,
        start=given,
        prompt="given",
        learn=("model", "prompt"),
        term=term,
        rule=rule,
    )
