"""NARM (Li et al., Neural Attentive Session-based Recommendation, CIKM 2017), as RecBole has it.

- Paper: a gated recurrent unit reads a session; its last state, and a sum of all its states weighted by an attention of
  the last one, are turned into the width of item embeddings by a linear map. Trained by cross-entropy on all prefixes.
- RecBole: the same; the weights of the attention are not normalised, as in the paper.
- rbench: class, ``forward`` and defaults are RecBole's, so that a state loads into RecBole's NARM and scores the same;
  but histories are shorter, because a row is computed for each label. Losses, negatives and schedule are rbench's. Soft
  tokens are read before the first item, and the attention sees them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from ...core.config import Options
from ...core.ranges import Count, Range
from .. import Model, register

if TYPE_CHECKING:
    from ..sequential.recbole.prefixes import PrefixEncoder


@dataclass(frozen=True)
class NARMConfig(Options):
    """Sizes of the network; the defaults are RecBole's, but for the longest history."""

    embedding_size: Count = 64
    """Width of item embeddings."""
    hidden_size: Count = 128
    """Width of the recurrent state."""
    n_layers: Count = 1
    """Recurrent layers."""
    dropout: Annotated[float, Range(0, below=1)] = 0.25
    """Dropout of the embedded input."""
    output_dropout: Annotated[float, Range(0, below=1)] = 0.5
    """Dropout of the last state and of the weighted sum."""
    max_length: Count = 20
    """Longest history that is read; each label costs a row of as many positions."""

    def for_recbole(self) -> dict[str, object]:
        """Return the sizes by RecBole's names."""
        return {
            "embedding_size": self.embedding_size,
            "hidden_size": self.hidden_size,
            "n_layers": self.n_layers,
            "dropout_probs": [self.dropout, self.output_dropout],
        }

    @staticmethod
    def from_recbole(options: Mapping[str, object]) -> dict[str, object]:
        """Return the options that a model of RecBole has, by their names here.

        Raises:
            KeyError: If one is missing.
            ValueError: If it has not two probabilities of dropout.
        """
        dropout = options["dropout_probs"]
        if not isinstance(dropout, list) or len(dropout) != 2:
            raise ValueError("dropout_probs must be two numbers")
        return {
            "embedding_size": options["embedding_size"],
            "hidden_size": options["hidden_size"],
            "n_layers": options["n_layers"],
            "dropout": dropout[0],
            "output_dropout": dropout[1],
            "max_length": options["MAX_ITEM_LIST_LENGTH"],
        }


SEARCH = {
    **{f"{section}.loss": ("softmax",) for section in ("train", "finetune", "prompttune")},
    "train.lr": (1e-3, 3e-3),
    "dropout": (0.25,),
}


@register
class NARM(Model[NARMConfig]):
    """Gated recurrent units with an attention of the last state."""

    search = SEARCH
    recbole = "NARM"

    @classmethod
    def build(cls, config: NARMConfig, n_items: int) -> PrefixEncoder:
        """Return a freshly initialised NARM over ``n_items`` items."""
        from ..sequential.recbole.network import recbole_network
        from ..sequential.recbole.prefixes import PrefixEncoder

        return recbole_network(PrefixEncoder, "NARM", n_items, config.max_length, config.for_recbole())
