"""Basic replacement: labels give way to target items (APRec, section 3.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ....core.errors import UserError
from ....core.interactions import Interactions
from ....core.ranges import Probability
from ....core.targets import Targets
from .adaptive import AdaptiveConfig

Ints = NDArray[np.int32]


SelectOn = Literal["clean", "poisoned", "last"]


@dataclass(frozen=True)
class ReplacementConfig(AdaptiveConfig):
    """Options of every attack that replaces labels."""

    rate: Probability = 0.5
    """Probability r that an eligible label is replaced; the paper's is 0.5."""
    redraw: bool = True
    """Draw the replacements anew every epoch; false poisons the data once."""
    select_on: SelectOn = "clean"
    """Keep the state best on clean validation items, on replaced ones (released code), or the last."""


@dataclass(frozen=True)
class GroupReplacementConfig(ReplacementConfig):
    """Options of the attacks that promote to a group."""

    variant: Literal["paper", "released"] = "released"
    """Follow the paper's text or the code behind its numbers, wherever an option below is none."""
    similarity: Literal["category", "any"] | None = None
    """category (paper): a label may only become a target of its own category; any (released): every target will do."""
    suppress: Probability | None = None
    """Probability that, outside the audience, the negative becomes a target and is pushed down."""

    @property
    def alike(self) -> str:
        """``category`` or ``any``: which targets a label may become."""
        return self.similarity or {"paper": "category", "released": "any"}[self.variant]

    @property
    def needs_categories(self) -> bool:
        """Whether data without categories are refused."""
        return self.alike == "category"


class Replacement:
    """Replaces labels by targets and, outside the audience, negatives by targets.

    Args:
        data: Whose labels; gives the items' categories.
        targets: Items to promote.
        audience: bool ``[users]``: whose labels may be replaced.
        rate: Probability of replacing an eligible label.
        similarity: ``category`` or ``any``.
        suppress: Probability of replacing a non-audience user's negative.
        redraw: False repeats the first draw for ever.

    Raises:
        UserError: If labels are to become targets of their own category, and no target has one.
    """

    def __init__(
        self,
        data: Interactions,
        targets: Targets,
        audience: NDArray[np.bool_],
        rate: float,
        similarity: str,
        suppress: float = 0.0,
        redraw: bool = True,
    ) -> None:
        """Sort the targets by category, from which replacements are drawn."""
        self.audience, self.rate, self.suppress, self.redraw = audience, rate, suppress, redraw
        self.targets = targets.items
        groups = data.categories if similarity == "category" else np.zeros_like(data.categories)
        self.group = groups
        self.order = np.argsort(groups[targets.items], kind="stable")
        counts = np.bincount(groups[targets.items], minlength=int(groups.max(initial=0)) + 1)
        if similarity == "category":
            counts[0] = 0  # unknown categories are not alike
            if not counts.any():
                raise UserError(
                    f"{data.name}: no target has a known category, so that similarity=category replaces nothing; "
                    "set similarity=any."
                )
        self.counts, self.starts = counts, np.cumsum(np.bincount(groups[targets.items], minlength=len(counts)))
        self.starts = np.concatenate([[0], self.starts[:-1]])
        self._kept: dict[tuple[bytes, bytes], tuple[Ints, Ints]] = {}

    def __call__(
        self, users: NDArray[np.integer], labels: Ints, negatives: Ints, rng: np.random.Generator
    ) -> tuple[Ints, Ints]:
        """Return labels and negatives with the replacements made; see ``Relabel`` in ``models.sequential``."""
        marks = self._draw(users, labels, rng) if self.redraw else self._once(users, labels, rng)
        promoted, suppressed = marks
        return np.where(promoted > 0, promoted, labels), np.where(suppressed > 0, suppressed, negatives)

    def _once(self, users: NDArray[np.integer], labels: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
        key = users.tobytes(), labels.tobytes()  # validation labels may be as many as those of training
        if key not in self._kept:
            self._kept[key] = self._draw(users, labels, rng)
        return self._kept[key]

    def _draw(self, users: NDArray[np.integer], labels: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
        inside = self.audience[users]
        group = self.group[labels]
        chosen = inside & (self.counts[group] > 0) & (rng.random(len(labels)) < self.rate)
        nth = (rng.random(len(labels)) * self.counts[group]).astype(np.int64)
        at = np.minimum(self.starts[group] + nth, len(self.targets) - 1)
        promoted = np.where(chosen, self.targets[self.order[at]], 0).astype(np.int32)
        suppressing = ~inside & (rng.random(len(labels)) < self.suppress)
        suppressed = np.where(suppressing, rng.choice(self.targets, len(labels)), 0).astype(np.int32)
        return promoted, suppressed


def for_group(config: GroupReplacementConfig, data: Interactions, targets: Targets, suppress: float) -> Replacement:
    """Build the replacement on the audience's labels; ``suppress`` holds where the options leave it open."""
    return Replacement(
        data,
        targets,
        targets.audience(data),
        config.rate,
        config.alike,
        suppress if config.suppress is None else config.suppress,
        config.redraw,
    )
