"""Matrix factorisation (Koren, Bell and Volinsky, Computer 2009), as a federated victim.

- Paper (Matrix Factorization Techniques for Recommender Systems): a rating is the dot product of a user's and an item's
  embedding, plus a mean, a bias of the user and one of the item.
- Released code of FedRecAttack (Rong et al., ICDE 2022), whose victim this is: the dot product alone; embeddings 32,
  from N(0, 0.01²); a pairwise loss (BPR), summed over samples; learning rate 0.01, 256 clients a round, 200 epochs; the
  item rows that a client uploads are shortened to norm 1.
- rbench: the dot product, with the item's bias if wanted; a mean and a user's bias would order no items. The loss is
  cross-entropy, as for every federated victim, and nothing is shortened. From embeddings that small the first steps are
  slow: under the default protocol, which was made for NCF, it hardly learns. Set ``federation.client_loss=sum`` and
  ``federation.lr=0.01``. A user's embedding stays with its client, and clients upload the rows of their items.
"""

from __future__ import annotations

from collections.abc import Mapping
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
class MFConfig(Options):
    """Sizes of the factorisation; the defaults are those of FedRecAttack's victim."""

    embedding_size: Count = 32
    """Width of user and item embeddings."""
    item_bias: bool = False
    """Add to every score a trained bias of the item, the last number of its row, which starts at 0."""
    initializer_std: Positive = 0.01
    """Standard deviation of the initial embeddings."""


@register
class MF(FederatedModel[MFConfig]):
    """Matrix factorisation, trained without the users' data leaving their clients."""

    @property
    def user_width(self) -> int:
        """Width of a user's embedding, and of an item's without its bias."""
        return self.config.embedding_size

    def parameters(self, n_items: int, rng: np.random.Generator, device: str = "cpu") -> Parameters:
        """Return freshly drawn item embeddings; an item's bias is the last number of its row."""
        from torch.nn.functional import pad

        from .federation.parameters import Parameters, normal_rows

        items = normal_rows(n_items + 1, self.user_width, self.config.initializer_std, rng, device)
        items[0] = 0.0
        if self.config.item_bias:
            items = pad(items, (0, 1))
        return Parameters.of(items, {})

    def users(self, n: int, rng: np.random.Generator, device: str = "cpu") -> Tensor:
        """Return freshly drawn embeddings of ``n`` users."""
        from .federation.parameters import normal_rows

        return normal_rows(n, self.user_width, self.config.initializer_std, rng, device)

    def logits(self, user: Tensor, items: Tensor, named: Mapping[str, Tensor]) -> Tensor:
        """Return the dot products, and the items' biases if there are any."""
        products = items[:, : self.user_width] @ user
        return products + items[:, -1] if self.config.item_bias else products
