"""A causal model of RecBole's, by RecBole's class and ``forward``, as a victim's network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from .network import RecBoleNetwork, recbole_network


class RecBoleEncoder(RecBoleNetwork):
    """Mixed into a model of RecBole's: every position is encoded at once, and prompts may stand before them.

    RecBole's causal models end in ``gather_indexes``, which picks the last position of each sequence. Here it picks
    all; everything else is RecBole's, the names of parameters too. The model must be causal, and its scores must be
    products with its item table.
    """

    only_looks_up = True

    def gather_indexes(self, output: Tensor, gather_index: Tensor) -> Tensor:
        """Return ``output``, float ``[batch, length, d]``, as it is."""
        return output

    def encode(self, items: Tensor, prompt: Tensor | None = None) -> Tensor:
        """Encode all positions; soft tokens have neither a position nor features, and positions count from 0."""
        with self._prompted(items.long(), prompt) as (rows, tokens):
            encoded: Tensor = self.forward(rows, rows.new_full((len(rows),), rows.shape[1]))
        return encoded[:, tokens:]


def recbole_encoder(
    name: str,
    n_items: int,
    max_length: int,
    options: Mapping[str, object],
    categories: NDArray[np.integer] | None = None,
) -> RecBoleEncoder:
    """Return a freshly initialised network of a causal model; arguments are those of ``recbole_network``."""
    return recbole_network(RecBoleEncoder, name, n_items, max_length, options, categories)


def transformer_options(dropout: float, attention_dropout: float, max_length: int, **sizes: Any) -> dict[str, Any]:
    """Return sizes like those of ``sasrec`` by RecBole's names, the longest sequence left out."""
    return {"hidden_dropout_prob": dropout, "attn_dropout_prob": attention_dropout, **sizes}
