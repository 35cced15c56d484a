"""SASRec (Kang and McAuley, Self-Attentive Sequential Recommendation, ICDM 2018), trained on whole sequences.

- APRec: one layer, one head, width 64. In its released code positions are counted from the end, and the input is not
  normalised.
- rbench: these sizes; positions count from the start and the input is normalised, as in RecBole's SASRec. Layers and
  their parameters' names are RecBole's, so that a state loads into RecBole's SASRec and scores the same.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from ..core.config import revised
from . import Model, register

if TYPE_CHECKING:
    from .sequential.layers.transformer import Transformer


@dataclass(frozen=True)
class SASRecConfig:
    """Sizes of the network; the defaults are those of the APRec paper."""

    n_layers: int = 1
    """Transformer layers."""
    n_heads: int = 1
    """Attention heads."""
    hidden_size: int = 64
    """Width of item embeddings and layers."""
    inner_size: int = 64
    """Width inside the feed-forward blocks."""
    dropout: float = 0.0
    """Dropout of the embedded input and of what attention and feed-forward blocks add."""
    attention_dropout: float = revised(0.0)
    """Dropout of attention weights; above 0 the fused attention can't be used: up to a fifth slower."""
    hidden_act: Literal["relu", "gelu"] = "relu"
    """Activation in the feed-forward blocks."""
    max_length: int = 100
    """Longest history that is read."""
    initializer_range: float = 0.02
    """Standard deviation of the initial weights."""

    def __post_init__(self) -> None:
        """Refuse sizes that cannot be built."""
        for name in ("n_layers", "n_heads", "hidden_size", "inner_size", "max_length"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}={getattr(self, name)} must be at least 1.")
        if self.hidden_size % self.n_heads:
            raise ValueError(f"hidden_size={self.hidden_size} is not a multiple of n_heads={self.n_heads}.")
        for name in ("dropout", "attention_dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name}={getattr(self, name)} must be at least 0 and below 1.")


@register
class SASRec(Model):
    """Self-attentive sequential recommendation."""

    Config = SASRecConfig
    VERSION = 2

    @classmethod
    def build(cls, config: SASRecConfig, n_items: int) -> Transformer:
        """Return a freshly initialised SASRec over ``n_items`` items."""
        from .sequential.layers.transformer import Transformer

        return Transformer(n_items, **asdict(config))
