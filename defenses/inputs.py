"""What a defense may ask for beside the model and the data: it declares it, and all cells of a seed share it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from ..core.pretrained import Pretrained
from ..core.topk import TopK

G = TypeVar("G")


class Input(Generic[G]):
    """Something that a defense declares in ``inputs``; G is what it is then given."""


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
