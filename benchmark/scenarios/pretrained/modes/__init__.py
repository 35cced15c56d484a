"""Usage modes: what a platform does with the model it was handed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from .....core.interactions import Interactions
from .....core.pretrained import Pretrained
from .....core.registry import Registry

if TYPE_CHECKING:
    from .....models.sequential.victim import Victim


class Mode(ABC):
    """A way to use a pre-trained model on the platform's own data.

    Attributes:
        VERSION: Raised by hand whenever the same inputs give other results than before.
        changes: False if the model is deployed as handed over, and nothing needs to be stored anew.
        sections: Which shared options it uses (train, finetune, prompttune, prompt, rank); it is handed no others.
    """

    name: ClassVar[str]
    VERSION: ClassVar[int] = 1
    changes: ClassVar[bool] = True
    sections: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def adapt(
        self, pretrained: Pretrained, data: Interactions, victim: Victim, seed: int
    ) -> tuple[Pretrained, dict[str, Any]]:
        """Return the model as deployed, and a log for the record (JSON-able)."""


registry: Registry[type[Mode]] = Registry("mode", __name__, "rbench.modes", base=Mode)
register = registry.register
