"""The training that a platform would give a model, seen from a training that comes before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from ....core.interactions import Interactions
from ....core.seeds import generator
from ..batch import Batch, Objective
from ..encoder import SequenceEncoder
from ..randomness import repeatable
from ..settings import Schedule
from . import losses
from .examples import examples
from .fit import gradients, validation_split
from .negatives import NegativeSampler


class LookAhead:
    """Gradients of a training to come, step after step, at wherever the parameters of the present one stand.

    Nothing of that training is ever taken: a caller reads its gradients and goes on with its own. Models are looked
    at without prompts.

    Args:
        data: Sequences whose last two items are held out.
        schedule: Loss, batches and cut histories of the training to come; its rates and epochs do not matter.
        seed: Of batches and negatives.
    """

    def __init__(self, data: Interactions, schedule: Schedule, seed: int) -> None:
        """Keep what each user's training would see."""
        train, _, _ = validation_split(data)
        self.data = train.keep_last(schedule.max_history + 1) if schedule.max_history else train
        self.schedule, self.rng = schedule, generator(seed, "look ahead")
        self.objective: Objective = losses.bpr if schedule.loss == "bpr" else losses.softmax
        self._steps: Iterator[Sequence[Batch]] | None = None

    def gradients(self, encoder: SequenceEncoder) -> Callable[[], None]:
        """Return what computes, into the parameters' ``grad``, the gradients of the next step.

        All its calls see the same batch and the same dropout, so that it may be called again where parameters moved.
        """
        if self._steps is None:
            self._steps = self._epochs(encoder)
        compute = partial(gradients, encoder, None, None, next(self._steps), encoder.zero_grad, self.objective)
        return repeatable(compute, encoder.item_embedding.weight.device)

    def _epochs(self, encoder: SequenceEncoder) -> Iterator[Sequence[Batch]]:
        seen = examples(encoder, self.data, self.schedule)
        draw = NegativeSampler(self.data).draw if self.schedule.loss == "bpr" else None
        while True:
            negatives = np.zeros_like(seen.labels) if draw is None else draw(seen.users, self.rng)
            yield from seen.steps(seen.labels, negatives, self.schedule, self.rng, encoder.item_embedding.weight.device)
