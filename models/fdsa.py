"""FDSA (Zhang et al., Feature-level Deeper Self-Attention Network for Sequential Recommendation, IJCAI 2019).

- Paper: one self-attention network reads the items, another their features (category, brand, seller, words), weighted
  by attention; a linear layer joins what both give at the last position.
- RecBole: the same, with learnt positions in both networks, and the normalisation of the input once more at the end.
- rbench: class and ``forward`` are RecBole's; sizes and their defaults are those of ``sasrec``, so that the two can be
  compared; the one feature is the item's category, whose weight then is 1. All prefixes of a sequence are trained in
  one pass. Soft tokens have no position; the network of features reads zeros in their place.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from . import Model, register
from .sasrec import SASRecConfig

if TYPE_CHECKING:
    from ..core.interactions import IntArray
    from .sequential.recbole.encoder import RecBoleEncoder


@register
class FDSA(Model[SASRecConfig]):
    """Self-attention over the sequence of items, and over that of their categories."""

    needs_categories = True
    recbole = "FDSA"

    @classmethod
    def build(cls, config: SASRecConfig, n_items: int, categories: IntArray | None = None) -> RecBoleEncoder:
        """Return a freshly initialised FDSA over ``n_items`` items of these categories."""
        from .sequential.recbole.encoder import recbole_encoder, transformer_options

        options = transformer_options(**asdict(config))
        return recbole_encoder("FDSA", n_items, config.max_length, options, categories)
