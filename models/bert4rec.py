"""BERT4Rec (Sun et al., Bidirectional Encoder Representations from Transformer, CIKM 2019), as RecBole has it.

- Paper: self-attention to both sides. Some items of a sequence are hidden and have to be found, in other places every
  epoch; to recommend, a hidden item is put after the history. The last item alone is hidden in some samples.
- RecBole: the same, with an output layer and a bias for each item. Its item table has a last row for hidden items. Each
  prefix of a sequence is a row, so that early items are hidden far more often than late ones.
- rbench: class, loss and scores are RecBole's, and so are the defaults, but for the longest history. Rows are whole
  sequences, cut into windows as for ``sasrec``. The first item of a row is never hidden, as RecBole's loss takes the
  first place for none. The vector of hidden items is an array of its own, so that the item table has as many rows as
  other victims' and what is handed over says no more. What an attacker puts in a label's place is learned where it is
  hidden, and read nowhere. Soft tokens stand before the first item, without a position, and all places see them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from ..core.config import Options
from ..core.ranges import Count, Range, Share
from . import Model, register
from .sasrec import SASRecConfig

if TYPE_CHECKING:
    from .sequential.encoder import SequenceEncoder


@dataclass(frozen=True)
class BERT4RecConfig(Options):
    """Sizes of the network, and what is hidden; the defaults are RecBole's, but for the longest history."""

    n_layers: Count = 2
    """Transformer layers."""
    n_heads: Count = 2
    """Attention heads."""
    hidden_size: Count = 64
    """Width of item embeddings and layers."""
    inner_size: Count = 256
    """Width inside the feed-forward blocks."""
    dropout: Annotated[float, Range(0, below=1)] = 0.2
    """Dropout of the embedded input and of what attention and feed-forward blocks add."""
    attention_dropout: Annotated[float, Range(0, below=1)] = 0.2
    """Dropout of attention weights."""
    hidden_act: Literal["gelu", "relu"] = "gelu"
    """Activation in the feed-forward blocks."""
    mask_ratio: Annotated[float, Range(above=0, most=1)] = 0.2
    """Probability that an item is hidden."""
    last_only: Share = 0.5
    """Share of the rows in which the last item alone is hidden."""
    max_length: Annotated[int, Range(2)] = 100
    """Longest sequence; the history that is read is shorter by the hidden item."""

    def __post_init__(self) -> None:
        """Check that the width is a multiple of the number of heads."""
        super().__post_init__()
        if self.hidden_size % self.n_heads:
            raise ValueError(f"hidden_size={self.hidden_size} is not a multiple of n_heads={self.n_heads}.")

    def for_recbole(self) -> dict[str, object]:
        """Return the sizes by RecBole's names."""
        return {
            "n_layers": self.n_layers,
            "n_heads": self.n_heads,
            "hidden_size": self.hidden_size,
            "inner_size": self.inner_size,
            "hidden_dropout_prob": self.dropout,
            "attn_dropout_prob": self.attention_dropout,
            "hidden_act": self.hidden_act,
            "mask_ratio": self.mask_ratio,
            "ft_ratio": self.last_only,
        }

    @staticmethod
    def from_recbole(options: Mapping[str, object]) -> dict[str, object]:
        """Return the options that a model of RecBole has, by their names here.

        Raises:
            KeyError: If one is missing.
            ValueError: If its normalisation differs from the one that all our models have.
        """
        values = SASRecConfig.from_recbole({**options, "initializer_range": None})
        del values["initializer_range"]  # which is RecBole's default here
        return values | {"mask_ratio": options["mask_ratio"], "last_only": options["ft_ratio"]}


SEARCH = {
    **{f"{section}.loss": ("softmax",) for section in ("train", "finetune", "prompttune")},
    "train.lr": (1e-3, 3e-3),
    "dropout": (0.1, 0.2),
}


@register
class BERT4Rec(Model[BERT4RecConfig]):
    """Self-attention to both sides over sequences with hidden items."""

    search = SEARCH
    has_products = False
    recbole = "BERT4Rec"

    @classmethod
    def build(cls, config: BERT4RecConfig, n_items: int) -> SequenceEncoder:
        """Return a freshly initialised BERT4Rec over ``n_items`` items."""
        from .sequential.recbole.victims import victim_network

        return victim_network(
            "BERT4Rec", n_items, config.max_length, config.for_recbole(), takes_prompts=cls.takes_prompts
        )
