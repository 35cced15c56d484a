"""SASRecF, SASRec with features of items: RecBole's own variant, without a paper.

- RecBole: embeddings of an item and of its features, side by side, go through a linear layer to the width of item
  embeddings; positions, attention and scores are those of SASRec (Kang and McAuley, ICDM 2018).
- rbench: class and ``forward`` are RecBole's; sizes and their defaults are those of ``sasrec``, so that the two can be
  compared; the one feature is the item's category. All prefixes of a sequence are trained in one pass. Soft tokens
  have neither position nor category.
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
class SASRecF(Model[SASRecConfig]):
    """Self-attentive sequential recommendation from items and their categories."""

    needs_categories = True
    recbole = "SASRecF"

    @classmethod
    def build(cls, config: SASRecConfig, n_items: int, categories: IntArray | None = None) -> RecBoleEncoder:
        """Return a freshly initialised SASRecF over ``n_items`` items of these categories."""
        from .sequential.recbole.encoder import recbole_encoder, transformer_options

        options = transformer_options(**asdict(config))
        return recbole_encoder("SASRecF", n_items, config.max_length, options, categories)
