"""CORE (Hou et al., Session-based Recommendation within Consistent Representation, SIGIR 2022), as RecBole has it.

- Paper: a session is a weighted sum of its items' own embeddings, so that sessions and items lie in one space; the
  weights come from a transformer, or are all alike. Scores are cosines over a temperature; item embeddings are dropped
  out on both sides.
- RecBole: the same, by the paper's authors. Its transformer reads from left to right. It has cross-entropy alone.
- rbench: class, loss and scores are RecBole's, and so are the defaults, but for the longest history. A row is trained
  for each label. A negative beside the label, with which an attacker presses an item down, adds a pairwise term.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from ...core.config import Options
from ...core.ranges import Count, Positive, Range
from .. import Model, register
from ..sasrec import check_normalisation

if TYPE_CHECKING:
    from ..sequential.encoder import SequenceEncoder


@dataclass(frozen=True)
class COREConfig(Options):
    """Sizes of the network; the defaults are RecBole's, but for the longest history."""

    dnn_type: Literal["trm", "ave"] = "trm"
    """Where the weights of a session's items come from: trm: a transformer; ave: all alike."""
    embedding_size: Count = 64
    """Width of item embeddings."""
    n_layers: Count = 2
    """Transformer layers."""
    n_heads: Count = 2
    """Attention heads."""
    inner_size: Count = 256
    """Width inside the feed-forward blocks."""
    dropout: Annotated[float, Range(0, below=1)] = 0.5
    """Dropout in the transformer."""
    attention_dropout: Annotated[float, Range(0, below=1)] = 0.5
    """Dropout of attention weights."""
    session_dropout: Annotated[float, Range(0, below=1)] = 0.2
    """Dropout of the embeddings of a session's items."""
    item_dropout: Annotated[float, Range(0, below=1)] = 0.2
    """Dropout of the embeddings of the items to be scored."""
    temperature: Positive = 0.07
    """What cosines are divided by."""
    max_length: Count = 20
    """Longest history that is read; each label costs a row of as many positions."""

    def __post_init__(self) -> None:
        """Check that the width is a multiple of the number of heads."""
        super().__post_init__()
        if self.embedding_size % self.n_heads:
            raise ValueError(f"embedding_size={self.embedding_size} is not a multiple of n_heads={self.n_heads}.")

    def for_recbole(self) -> dict[str, object]:
        """Return the sizes by RecBole's names."""
        return {
            "dnn_type": self.dnn_type,
            "embedding_size": self.embedding_size,
            "n_layers": self.n_layers,
            "n_heads": self.n_heads,
            "inner_size": self.inner_size,
            "hidden_dropout_prob": self.dropout,
            "attn_dropout_prob": self.attention_dropout,
            "sess_dropout": self.session_dropout,
            "item_dropout": self.item_dropout,
            "temperature": self.temperature,
        }

    @staticmethod
    def from_recbole(options: Mapping[str, object]) -> dict[str, object]:
        """Return the options that a model of RecBole has, by their names here.

        Raises:
            KeyError: If one is missing.
            ValueError: If its normalisation differs from the one that all our models have.
        """
        check_normalisation(options)
        same = ("dnn_type", "embedding_size", "n_layers", "n_heads", "inner_size", "item_dropout", "temperature")
        return {name: options[name] for name in same} | {
            "dropout": options["hidden_dropout_prob"],
            "attention_dropout": options["attn_dropout_prob"],
            "session_dropout": options["sess_dropout"],
            "max_length": options["MAX_ITEM_LIST_LENGTH"],
        }


@register
class CORE(Model[COREConfig]):
    """A weighted sum of a session's own item embeddings, compared by cosines."""

    takes_prompts = False
    has_products = False
    recbole = "CORE"

    @classmethod
    def losses(cls, config: COREConfig) -> tuple[str, ...]:
        """Return cross-entropy, the only loss that RecBole has for it."""
        return ("softmax",)

    @classmethod
    def build(cls, config: COREConfig, n_items: int) -> SequenceEncoder:
        """Return a freshly initialised CORE over ``n_items`` items."""
        from ..sequential.recbole.victims import victim_network

        return victim_network("CORE", n_items, config.max_length, config.for_recbole())
