"""Matrix factorisation (Koren, Bell, Volinsky, Matrix Factorization Techniques ..., Computer 2009), federated.

A user's score for an item is the dot product of their embeddings, to which the item's bias may be added.
Sizes and initial values are those of the victim of FedRecAttack (Rong et al., ICDE 2022, released code): width
32, N(0, 0.01²), no biases. What is left out of Koren et al. are ratings, the mean and the user's bias, which
orders no items, and of FedRecAttack its pairwise loss: clients minimise cross-entropy, as for every federated
model here. The first steps from embeddings that small are slow: train with ``federation.client_loss=sum``
and a ``federation.lr`` of 0.01, as that code does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import FederatedModel, register

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from .federation.parameters import Parameters


@dataclass(frozen=True)
class MFConfig:
    """Sizes of the factorisation; the defaults are those of FedRecAttack's victim."""

    embedding_size: int = 32
    """Width of user and item embeddings."""
    item_bias: bool = False
    """Add to every score a trained bias of the item, which starts at 0."""
    initializer_std: float = 0.01
    """Standard deviation of the initial embeddings."""

    def __post_init__(self) -> None:
        """Refuse sizes that cannot be built."""
        if self.embedding_size < 1:
            raise ValueError(f"embedding_size={self.embedding_size} must be at least 1.")
        if self.initializer_std <= 0:
            raise ValueError(f"initializer_std={self.initializer_std} must be positive.")


@register
class MF(FederatedModel):
    """Matrix factorisation, trained without the users' data leaving their clients."""

    Config = MFConfig

    @property
    def user_width(self) -> int:
        """Width of a user's embedding, and of an item's without its bias."""
        width: int = self.config.embedding_size
        return width

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
