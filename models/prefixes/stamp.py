"""STAMP (Liu et al., STAMP: Short-Term Attention/Memory Priority Model, KDD 2018), as RecBole has it.

- Paper: a session is the mean of its items and an attention of that mean and the last item over them; the last item has
  a part of its own. The score is the sigmoid of a trilinear product. Trained by cross-entropy on all prefixes.
- RecBole: no sigmoid. Rows are padded with the item table's row 0, which it draws like any other and adds to the sums,
  so that a score depends on how long a row was made.
- rbench: class, ``forward`` and defaults are RecBole's, so that a state loads into RecBole's STAMP and scores the same
  if its row 0 is zero. Here it always is, as the paper has no padding. Losses, negatives and schedule are rbench's.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from ...core.config import Options
from ...core.ranges import Count
from .. import Model, register

if TYPE_CHECKING:
    from ..sequential.recbole.prefixes import PrefixEncoder


@dataclass(frozen=True)
class STAMPConfig(Options):
    """Sizes of the network; the defaults are RecBole's, but for the longest history."""

    embedding_size: Count = 64
    """Width of item embeddings."""
    max_length: Count = 20
    """Longest history that is read; each label costs a row of as many positions."""


@register
class STAMP(Model[STAMPConfig]):
    """Attention of the last item and of the mean over a short memory; no order but the last item's."""

    takes_prompts = False

    @classmethod
    def build(cls, config: STAMPConfig, n_items: int) -> PrefixEncoder:
        """Return a freshly initialised STAMP over ``n_items`` items."""
        from ..sequential.recbole.network import recbole_network
        from ..sequential.recbole.prefixes import PrefixEncoder

        sizes = asdict(config)
        length = sizes.pop("max_length")
        return recbole_network(PrefixEncoder, "STAMP", n_items, length, sizes, takes_prompts=cls.takes_prompts)
