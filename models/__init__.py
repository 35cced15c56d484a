"""Victims: recommenders behind one small interface for each way to train them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from ..core.methods import C, Configured
from ..core.registry import Registry

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from .federation.parameters import Parameters
    from .sequential.encoder import SequenceEncoder


class Recommender(Configured[C], ABC):
    """Common to all victims; C is the class of their hyper-parameters.

    Attributes:
        Config: C, a frozen dataclass with a docstring line per field.
        VERSION: Raised by hand whenever the same configuration gives other results than before.
        scenario: How it is trained and by whom it can be attacked: pretrained or federated.
    """

    name: ClassVar[str]
    VERSION: ClassVar[int] = 1
    scenario: ClassVar[str]


class Model(Recommender[C]):
    """A sequential recommender that one party pre-trains and another uses; ``Config`` must have ``max_length``."""

    scenario = "pretrained"

    @classmethod
    @abstractmethod
    def build(cls, config: C, n_items: int) -> SequenceEncoder:
        """Return a freshly initialised network; draws from torch's current random state."""


class FederatedModel(Recommender[C]):
    """A recommender that clients train together, each keeping its data and its user's embedding."""

    scenario = "federated"

    @classmethod
    @abstractmethod
    def build(cls, config: C, n_items: int, rng: np.random.Generator, device: str = "cpu") -> Parameters:
        """Return freshly drawn global parameters."""

    @classmethod
    @abstractmethod
    def users(cls, config: C, n: int, rng: np.random.Generator, device: str = "cpu") -> Tensor:
        """Return freshly drawn embeddings of ``n`` users, float32 ``[n, d]``."""


registry: Registry[type[Recommender]] = Registry("model", __name__, "rbench.models", base=Recommender)
register = registry.register
