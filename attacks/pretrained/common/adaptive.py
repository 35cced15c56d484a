"""Attackers who know what the platform will do: how an attack's training prepares for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Literal, TypedDict

from ....core.config import Options, later
from ....core.pretrained import Pretrained
from ....core.ranges import Range
from .evasion import Evasion
from .resistance import Resistance, with_popular_rows

if TYPE_CHECKING:
    from torch import nn

    from ....models.sequential.encoder import SequenceEncoder
    from ....models.sequential.training.fit import StepRule, Term
    from ... import Provider


@dataclass(frozen=True)
class AdaptiveConfig(Options):
    """Options of attacks that may prepare for fine-tuning and detectors."""

    resist: tuple[Literal["agreement", "surgery", "masking"], ...] = later(())
    """What is to survive fine-tuning: gradients that agree with it, rows like popular items', masked updates."""
    agreement: Annotated[float, Range(above=0)] = later(0.1)
    """Weight of the penalty on gradients that fine-tuning would undo."""
    masking: Annotated[float, Range(above=0, below=1)] = later(0.05)
    """Share of the parameters, those that fine-tuning moves most, which the attack leaves alone."""
    lookahead: Annotated[int, Range(1)] = later(10)
    """Length of the histories in the fine-tuning that the provider simulates."""
    evade: tuple[Literal["alignment", "prompt-probe", "history-probe", "group-contrast", "acceptance"], ...] = later(())
    """Detectors that are to see nothing."""
    evasion: Annotated[float, Range(above=0)] = later(1.0)
    """Weight of the penalty on what they would see."""
    limit: Annotated[float, Range(0)] = later(2.5)
    """Deviations above what is usual from which the penalty counts; detectors suspect from 3.5."""

    @property
    def from_honest(self) -> bool:
        """Whether what prepares needs the honest pre-training."""
        return "surgery" in self.resist or "acceptance" in self.evade


class Adapted(TypedDict):
    """Arguments of ``Victim.train`` that prepare."""

    start: Pretrained | None
    rule: StepRule | None
    term: Term | None


def adapted(config: AdaptiveConfig, provider: Provider, start: Pretrained | None) -> Adapted:
    """Return how an attack trains that would start from ``start`` if it did not prepare.

    Raises:
        ValueError: If surgery or evasion of ``acceptance`` needs the honest pre-training, and there is none.
    """
    rule: StepRule | None = None
    term: Term | None = None
    if "surgery" in config.resist:
        if (given := start or provider.clean) is None:
            raise ValueError("surgery starts from the honest pre-training, and was handed none.")
        start = with_popular_rows(given, provider.data, provider.targets)
    if config.evade:
        honest = None
        if "acceptance" in config.evade:
            if provider.clean is None:
                raise ValueError("evading acceptance replays the honest pre-training, and was handed none.")
            honest = provider.victim.open(provider.clean, provider.data)
        # A rule of its own keeps the item table dense, all of whose rows the term reads.
        rule, targets = _plain, provider.targets.items
        term = Evasion(provider.data, targets, config.evade, config.evasion, config.limit, provider.seed, honest)
    if {"agreement", "masking"} & {*config.resist}:
        from ....models.sequential.training.look_ahead import LookAhead

        schedule = replace(provider.victim.schedules["train"], max_history=config.lookahead)
        ahead = LookAhead(provider.data, schedule, provider.seed)
        agreement = config.agreement if "agreement" in config.resist else 0.0
        rule = Resistance(ahead, agreement, config.masking if "masking" in config.resist else 0.0)
    return {"start": start, "rule": rule, "term": term}


def _plain(encoder: SequenceEncoder, parameters: Sequence[nn.Parameter], gradients: Callable[[], None]) -> None:
    gradients()
