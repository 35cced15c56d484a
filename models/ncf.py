"""NCF (He et al., Neural Collaborative Filtering, WWW 2017), its multi-layer perceptron, as a federated victim.

- Paper: layers over the concatenation of a user's and an item's embedding; a second branch multiplies the two.
- A-ra's and A-hum's paper and released code (Rong et al., IJCAI 2022): the layers alone; embeddings 8, layers
  16→8→8→1, embeddings from N(0, 0.01²), linear layers uniform by He's rule, biases zero.
- rbench: the same. A user's embedding stays with its client. Clients upload the rows of their items and the gradients
  of all layers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..core.config import Options
from ..core.ranges import Count, Positive
from . import FederatedModel, Scorer, register

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from .federation.gradients import LocalGradients, Wanted
    from .federation.parameters import Parameters
    from .federation.samples import Samples
    from .federation.threads import ThreadPool


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
        """Check that there is a hidden layer."""
        super().__post_init__()
        if not self.hidden:
            raise ValueError(f"hidden={self.hidden} must name one or more widths.")


@register
class NCF(FederatedModel[NCFConfig]):
    """Neural collaborative filtering, trained without the users' data leaving their clients."""

    @property
    def user_width(self) -> int:
        """Width of a user's embedding, and of an item's."""
        return self.config.embedding_size

    def parameters(self, n_items: int, rng: np.random.Generator, device: str = "cpu") -> Parameters:
        """Return freshly drawn item embeddings and layers."""
        from .federation.mlp.layers import draw
        from .federation.parameters import Parameters, normal_rows

        items = normal_rows(n_items + 1, self.user_width, self.config.initializer_std, rng, device)
        items[0] = 0.0
        return Parameters.of(items, draw((2 * self.user_width, *self.config.hidden, 1), rng, device))

    def users(self, n: int, rng: np.random.Generator, device: str = "cpu") -> Tensor:
        """Return freshly drawn embeddings of ``n`` users."""
        from .federation.parameters import normal_rows

        return normal_rows(n, self.user_width, self.config.initializer_std, rng, device)

    def logits(self, user: Tensor, items: Tensor, named: Mapping[str, Tensor]) -> Tensor:
        """Return what the layers make of the user's embedding beside each item's."""
        from .federation.mlp.layers import logits

        return logits(user, items, named)

    def local_gradients(
        self,
        parameters: Parameters,
        users: Tensor,
        samples: Samples,
        weights: Tensor,
        wanted: Wanted = "total",
        pool: ThreadPool | None = None,
    ) -> LocalGradients:
        """Compute by hand what automatic differentiation gives, many times faster."""
        from .federation.mlp.network import local_gradients
        from .federation.threads import SERIAL

        return local_gradients(parameters, users, samples, weights, wanted, pool or SERIAL)

    def scorer(self, parameters: Parameters, users: Tensor) -> Scorer:
        """Return scores that differ from the logits by one number a user."""
        from .federation.mlp.scoring import MLPScorer

        return MLPScorer(parameters, users)
