"""Victims: sequential recommenders behind one small interface."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from ..core.registry import Registry

if TYPE_CHECKING:
    from .engine.encoder import SequenceEncoder


class Model(ABC):
    """A kind of victim: says how it is configured and builds the network.

    Attributes:
        Config: Frozen dataclass of hyper-parameters; must have ``max_length``.
        VERSION: Raised by hand whenever the same configuration gives other results than before.
    """

    name: ClassVar[str]
    scenario: ClassVar[str] = "pretrained"
    Config: ClassVar[type]
    VERSION: ClassVar[int] = 1

    @classmethod
    @abstractmethod
    def build(cls, config: Any, n_items: int) -> SequenceEncoder:
        """Return a freshly initialised network; draws from torch's current random state."""


registry: Registry[type[Model]] = Registry("model", __name__, "rbench.models")
register = registry.register
