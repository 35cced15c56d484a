"""Prompt generator: a user's attributes become soft tokens before the sequence (APRec, equation 2)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ...core.errors import UserError
from ...core.interactions import Interactions
from .settings import PromptConfig


class PromptGenerator(nn.Module):
    """An MLP (hidden width 2d) over the concatenated embeddings of a user's attributes."""

    def __init__(self, sizes: Mapping[str, int], config: PromptConfig, hidden_size: int, depth: int) -> None:
        """Build for attributes with ``sizes`` values each (0, unknown, not counted)."""
        super().__init__()
        self.config = config
        self.shape = (depth if config.deep else 1, config.tokens, hidden_size)
        self.embeddings = nn.ModuleList(nn.Embedding(n + 1, config.attribute_size) for n in sizes.values())
        self.mlp = nn.Sequential(
            nn.Linear(len(sizes) * config.attribute_size, 2 * hidden_size),
            nn.ReLU(),
            nn.Linear(2 * hidden_size, int(np.prod(self.shape))),
        )

    def forward(self, attributes: Tensor) -> Tensor:
        """Turn int ``[batch, attributes]`` into float ``[batch, 1 or depth, tokens, d]``."""
        embedded = [table(attributes[:, i]) for i, table in enumerate(self.embeddings)]
        prompts: Tensor = self.mlp(torch.cat(embedded, 1)).view(-1, *self.shape)
        return prompts


def attribute_sizes(data: Interactions) -> dict[str, int]:
    """Return the number of values of every user attribute.

    Raises:
        UserError: If users have no attributes, of which prompts could be made.
    """
    if not data.attributes:
        raise UserError(f"{data.name}: users have no attributes, and prompts are made from attributes.")
    return {name: len(a.values) for name, a in data.attributes.items()}


def attribute_matrix(data: Interactions) -> NDArray[np.int32]:
    """Return int32 ``[users, attributes]``: the codes of all attributes."""
    return np.stack([a.codes for a in data.attributes.values()], 1).astype(np.int32)
