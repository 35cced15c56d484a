"""What a defense may ask for beside the model and the data: it declares it, and all cells of a seed share it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ..core.detection import Detection
from ..core.pretrained import Pretrained
from ..core.topk import TopK

G = TypeVar("G")


class Input(Generic[G]):
    """Something that a defense declares in ``inputs``; G is what it is then given."""


def given(inputs: Mapping[type[Input[Any]], Any], kind: type[Input[G]]) -> G:
    """Return what was declared.

    Raises:
        LookupError: If it was not.
    """
    if kind not in inputs:
        raise LookupError(f"{kind.__name__} is asked for and not declared: inputs = ({kind.__name__}(...),).")
    found: G = inputs[kind]
    return found


@dataclass(frozen=True, eq=False)
class OwnModel:
    """A model that the platform trained itself.

    Attributes:
        pretrained: The model.
        ranking: Its ranking for the platform's users.
    """

    pretrained: Pretrained
    ranking: TopK


@dataclass(frozen=True)
class Local(Input[OwnModel]):
    """A model trained on all of the platform's data and nothing else."""


@dataclass(frozen=True)
class ReferenceModels(Input[tuple[OwnModel, ...]]):
    """Models that the platform trained honestly, each on a draw of its users; nobody attacked them.

    Attributes:
        n: How many, at least 3.
        share: Share of the users that each is trained on, drawn anew for each.
    """

    n: int
    share: float = 0.5

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            ValueError: If one is out of range.
        """
        if self.n < 3 or not 0 < self.share <= 1:
            raise ValueError(f"{self}: n must be at least 3, and share in (0, 1].")


@dataclass(frozen=True)
class Flagged(Input[Detection]):
    """What the detector that stands before a defense in a chain flags.

    Attributes:
        needed: Whether the defense has to stand after a detector; if not, ``has(Flagged)`` says whether it does.
    """

    needed: bool = True
