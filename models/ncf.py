"""NCF (He et al., Neural Collaborative Filtering, WWW 2017), its multi-layer perceptron, as a federated victim.

- A-ra's and A-hum's paper and released code (Rong et al., IJCAI 2022): embeddings 8, layers 16→8→8→1, embeddings
  from N(0, 0.01²), linear layers uniform by He's rule, biases zero.
- rbench: the same. A user's embedding stays with its client.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..core.config import Options
from ..core.ranges import Count, Positive
from . import FederatedModel, register

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from .federation.parameters import Parameters


@dataclass(frozen=True)
class NCFConfig(Options):
    """Sizes of the network; the defaults are those of the A-ra and A-hum paper."""

    embedding_size: Count = 8
    """Width of user and item embeddings."""
    hidden: tuple[Count, ...] = (8, 8)
    """Widths of the hidden layers over the concatenation of user and item."""
    initializer_std: Positive = 0.01
    """Standard deviation of the initial embeddings."""

    def __post_init__(self) -> None:
        """Refuse a network without hidden layers."""
        super().__post_init__()
        if not self.hidden:
            raise ValueError(f"hidden={self.hidden} must name one or more widths.")


@register
class NCF(FederatedModel[NCFConfig]):
    """Neural collaborative filtering, trained without the users' data leaving their clients."""

    @classmethod
    def build(cls, config: NCFConfig, n_items: int, rng: np.random.Generator, device: str = "cpu") -> Parameters:
        """Return freshly drawn global parameters."""
        from .federation.parameters import Parameters

        return Parameters.draw(n_items, config.embedding_size, config.hidden, config.initializer_std, rng, device)

    @classmethod
    def users(cls, config: NCFConfig, n: int, rng: np.random.Generator, device: str = "cpu") -> Tensor:
        """Return freshly drawn embeddings of ``n`` users."""
        from .federation.parameters import draw_users

        return draw_users(n, config.embedding_size, config.initializer_std, rng, device)
