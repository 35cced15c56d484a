"""GRU4Rec (Hidasi et al., Session-based Recommendations with Recurrent Neural Networks, ICLR 2016), as RecBole has it.

- Paper: a gated recurrent unit reads a session item by item, each one-hot; the loss compares the next item with the
  other items of the batch. Tan et al. (Improved Recurrent Neural Networks for Session-based Recommendations, DLRS 2016)
  embed the items, drop some out, train on every prefix of a session, and let the network output an item's embedding.
- RecBole: Tan et al.'s version, with a recurrent layer without biases, and a linear layer to the embeddings' width. The
  scores are products with the item table. Every prefix is a padded row of its own.
- rbench: class, ``forward`` and defaults are RecBole's, so that a state loads into RecBole's GRU4Rec and scores the
  same; but histories are as long as those of ``sasrec``. All prefixes of a sequence are trained in one pass, with
  rbench's losses, negatives and schedule. Soft tokens are read before the first item.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from ..core.config import Options
from ..core.ranges import Count, Range
from . import Model, register

if TYPE_CHECKING:
    from .sequential.recbole.encoder import RecBoleEncoder


@dataclass(frozen=True)
class GRU4RecConfig(Options):
    """Sizes of the network; the defaults are RecBole's, but for the longest history, which is that of ``sasrec``."""

    embedding_size: Count = 64
    """Width of item embeddings."""
    hidden_size: Count = 128
    """Width of the recurrent state."""
    n_layers: Count = 1
    """Recurrent layers."""
    dropout: Annotated[float, Range(0, below=1)] = 0.3
    """Dropout of the embedded input."""
    max_length: Count = 100
    """Longest history that is read."""

    def for_recbole(self) -> dict[str, object]:
        """Return the sizes by RecBole's names."""
        return {
            "embedding_size": self.embedding_size,
            "hidden_size": self.hidden_size,
            "num_layers": self.n_layers,
            "dropout_prob": self.dropout,
        }

    @staticmethod
    def from_recbole(options: Mapping[str, object]) -> dict[str, object]:
        """Return the options that a model of RecBole has, by their names here.

        Raises:
            KeyError: If one is missing.
        """
        return {
            "embedding_size": options["embedding_size"],
            "hidden_size": options["hidden_size"],
            "n_layers": options["num_layers"],
            "dropout": options["dropout_prob"],
            "max_length": options["MAX_ITEM_LIST_LENGTH"],
        }


SEARCH = {"train.lr": (3e-3, 1e-2, 2e-2), "train.batch_size": (64,), "dropout": (0.0, 0.1, 0.3)}


@register
class GRU4Rec(Model[GRU4RecConfig]):
    """Gated recurrent units over the sequence of items."""

    search = SEARCH
    recbole = "GRU4Rec"

    @classmethod
    def build(cls, config: GRU4RecConfig, n_items: int) -> RecBoleEncoder:
        """Return a freshly initialised GRU4Rec over ``n_items`` items."""
        from .sequential.recbole.encoder import recbole_encoder

        return recbole_encoder("GRU4Rec", n_items, config.max_length, config.for_recbole())
