"""SASRec (Kang and McAuley, Self-Attentive Sequential Recommendation, ICDM 2018), trained on whole sequences.

- APRec: one layer, one head, width 64. In its released code positions are counted from the end, and the input is not
  normalised.
- rbench: these sizes; positions count from the start and the input is normalised, as in RecBole's SASRec. Layers and
  their parameters' names are RecBole's, so that a state loads into RecBole's SASRec and scores the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from ..core.config import Options, revised
from ..core.ranges import Count, Range
from . import Model, register

if TYPE_CHECKING:
    from .sequential.layers.transformer import Transformer


def check_normalisation(options: Mapping[str, object]) -> None:
    """Refuse a model of RecBole whose normalisation differs from the one that all our models have.

    Raises:
        KeyError: If its options do not say.
        ValueError: If it differs.
    """
    if options["layer_norm_eps"] != 1e-12:
        raise ValueError("layer_norm_eps must be 1e-12, as it is in all models here")


@dataclass(frozen=True)
class SASRecConfig(Options):
    """Sizes of the network; the defaults are those of the APRec paper."""

    n_layers: Count = 1
    """Transformer layers."""
    n_heads: Count = 1
    """Attention heads."""
    hidden_size: Count = 64
    """Width of item embeddings and layers."""
    inner_size: Count = 64
    """Width inside the feed-forward blocks."""
    dropout: Annotated[float, Range(0, below=1)] = 0.0
    """Dropout of the embedded input and of what attention and feed-forward blocks add."""
    attention_dropout: Annotated[float, Range(0, below=1)] = revised(0.0)
    """Dropout of attention weights; above 0 the fused attention can't be used: up to a fifth slower."""
    hidden_act: Literal["relu", "gelu"] = "relu"
    """Activation in the feed-forward blocks."""
    max_length: Count = 100
    """Longest history that is read."""
    initializer_range: Annotated[float, Range(0)] = 0.02
    """Standard deviation of the initial weights."""

    def __post_init__(self) -> None:
        """Check that the width is a multiple of the number of heads."""
        super().__post_init__()
        if self.hidden_size % self.n_heads:
            raise ValueError(f"hidden_size={self.hidden_size} is not a multiple of n_heads={self.n_heads}.")

    @staticmethod
    def from_recbole(options: Mapping[str, object]) -> dict[str, object]:
        """Return the options that a model of RecBole has, by their names here.

        Raises:
            KeyError: If one is missing.
            ValueError: If its normalisation differs from the one that all our models have.
        """
        check_normalisation(options)
        same = ("n_layers", "n_heads", "hidden_size", "inner_size", "hidden_act", "initializer_range")
        return {name: options[name] for name in same} | {
            "dropout": options["hidden_dropout_prob"],
            "attention_dropout": options["attn_dropout_prob"],
            "max_length": options["MAX_ITEM_LIST_LENGTH"],
        }


@register
class SASRec(Model[SASRecConfig]):
    """Self-attentive sequential recommendation."""

    VERSION = 2
    recbole = "SASRec"

    @classmethod
    def build(cls, config: SASRecConfig, n_items: int) -> Transformer:
        """Return a freshly initialised SASRec over ``n_items`` items."""
        from .sequential.layers.transformer import Transformer

        return Transformer(n_items, **asdict(config))
