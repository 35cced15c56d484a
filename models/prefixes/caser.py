"""Caser (Tang and Wang, Personalized Top-N Sequential Recommendation via Convolutional Sequence Embedding, WSDM 2018).

- Paper: the last L items (5 or so) are an image; convolutions over rows and columns, and a user's embedding, give the
  score of the next T items by a layer of their own. Windows slide over the sequences; binary cross-entropy.
- RecBole: T = 1, all prefixes, scores are products with the item table, cross-entropy, and L2 norms (not their squares)
  of the weights in the loss.
- rbench: class, ``forward``, norms and defaults are RecBole's, so that a state loads into RecBole's Caser and scores
  the same if its row 0, padding, is zero. All users share one embedding, since a platform's users are strangers to the
  provider's model. Losses, negatives and schedule are rbench's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from ...core.config import Options, later
from ...core.ranges import Count, Range
from .. import Model, register

if TYPE_CHECKING:
    from ..sequential.recbole.prefixes import CaserEncoder


@dataclass(frozen=True)
class CaserConfig(Options):
    """Sizes of the network; the defaults are RecBole's, and the longest history is the one that RecBole advises."""

    embedding_size: Count = 64
    """Width of item embeddings."""
    n_horizontal: Count = 8
    """Filters over each number of neighbouring items, from one to all."""
    n_vertical: Count = 4
    """Filters over the items' embeddings, number by number."""
    dropout: Annotated[float, Range(0, below=1)] = 0.4
    """Dropout of what the convolutions give."""
    norms: Annotated[float, Range(0)] = 1e-4
    """Weight of the L2 norms in the loss."""
    max_length: Count = 10
    """Longest history that is read: the height of the image, whatever a history's length."""
    padding: Literal["zero", "kept"] = later("zero")
    """Row 0 of the item table, which fills short histories up: zero, or kept, as imported models of RecBole have it."""

    def for_recbole(self) -> dict[str, object]:
        """Return the sizes by RecBole's names."""
        return {
            "embedding_size": self.embedding_size,
            "nh": self.n_horizontal,
            "nv": self.n_vertical,
            "dropout_prob": self.dropout,
            "reg_weight": self.norms,
        }

    @staticmethod
    def from_recbole(options: Mapping[str, object]) -> dict[str, object]:
        """Return the options that a model of RecBole has, by their names here.

        Raises:
            KeyError: If one is missing.
        """
        return {
            "embedding_size": options["embedding_size"],
            "n_horizontal": options["nh"],
            "n_vertical": options["nv"],
            "dropout": options["dropout_prob"],
            "norms": options["reg_weight"],
            "max_length": options["MAX_ITEM_LIST_LENGTH"],
        }


@register
class Caser(Model[CaserConfig]):
    """Convolutions over the last items."""

    takes_prompts = False
    recbole = "Caser"

    @classmethod
    def build(cls, config: CaserConfig, n_items: int) -> CaserEncoder:
        """Return a freshly initialised Caser over ``n_items`` items."""
        from ..sequential.recbole.network import recbole_network
        from ..sequential.recbole.prefixes import CaserEncoder

        length, sizes, kept = config.max_length, config.for_recbole(), config.padding == "kept"
        return recbole_network(
            CaserEncoder, "Caser", n_items, length, sizes, takes_prompts=cls.takes_prompts, keeps_padding=kept
        )
