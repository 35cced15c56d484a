"""GRU4RecF (Hidasi et al., Parallel Recurrent Neural Network Architectures for Feature-rich Recommendations, 2016).

- Paper: at RecSys 2016. One recurrent network reads the items of a session, others their features, taken from pictures
  and texts; what they give is joined. Networks are trained together or in turn.
- RecBole: one network for items and one for embedded features, their outputs side by side before a linear layer to the
  width of item embeddings; trained together.
- rbench: class, ``forward`` and defaults are RecBole's; the one feature is the item's category. Schedule, losses and
  soft tokens as for ``gru4rec``; soft tokens have no category.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import Model, register
from .gru4rec import SEARCH, GRU4RecConfig

if TYPE_CHECKING:
    from ..core.interactions import IntArray
    from .sequential.recbole.encoder import RecBoleEncoder


@register
class GRU4RecF(Model[GRU4RecConfig]):
    """Gated recurrent units over the sequence of items, and over that of their categories."""

    needs_categories = True
    search = SEARCH
    recbole = "GRU4RecF"

    @classmethod
    def build(cls, config: GRU4RecConfig, n_items: int, categories: IntArray | None = None) -> RecBoleEncoder:
        """Return a freshly initialised GRU4RecF over ``n_items`` items of these categories."""
        from .sequential.recbole.encoder import recbole_encoder

        return recbole_encoder("GRU4RecF", n_items, config.max_length, config.for_recbole(), categories)
