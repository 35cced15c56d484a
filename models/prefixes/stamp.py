"""STAMP (Liu et al., STAMP: Short-Term Attention/Memory Priority Model, KDD 2018), as RecBole has it.

- Paper: a session is the mean of its items and an attention of that mean and the last item over them; the last item has
  a part of its own. The score is the sigmoid of a trilinear product. Trained by cross-entropy on all prefixes.
- RecBole: no sigmoid. Rows are padded with the item table's row 0, which it draws like any other and adds to the sums,
  so that a score depends on how long a row was made.
- rbench: class, ``forward`` and defaults are RecBole's, so that a state loads into RecBole's STAMP and scores the same
  if its row 0 is zero. Here it is, as the paper has no padding, unless the model was imported. Losses, negatives and
  schedule are rbench's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ...core.config import Options, later
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
    padding: Literal["zero", "kept"] = later("zero")
    """Row 0 of the item table, which fills short histories up: zero, or kept, as imported models of RecBole have it."""

    @staticmethod
    def from_recbole(options: Mapping[str, object]) -> dict[str, object]:
        """Return the options that a model of RecBole has, by their names here.

        Raises:
            KeyError: If one is missing.
        """
        return {"embedding_size": options["embedding_size"], "max_length": options["MAX_ITEM_LIST_LENGTH"]}


@register
class STAMP(Model[STAMPConfig]):
    """Attention of the last item and of the mean over a short memory; no order but the last item's."""

    takes_prompts = False
    recbole = "STAMP"

    @classmethod
    def build(cls, config: STAMPConfig, n_items: int) -> PrefixEncoder:
        """Return a freshly initialised STAMP over ``n_items`` items."""
        from ..sequential.recbole.network import recbole_network
        from ..sequential.recbole.prefixes import PrefixEncoder

        sizes, kept = {"embedding_size": config.embedding_size}, config.padding == "kept"
        declared = {"takes_prompts": cls.takes_prompts, "keeps_padding": kept, "fixed_width": kept}
        return recbole_network(PrefixEncoder, "STAMP", n_items, config.max_length, sizes, None, **declared)
