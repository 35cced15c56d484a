"""LightSANs (Fan et al., Low-Rank Decomposed Self-Attention Networks, SIGIR 2021), as RecBole has it.

- Paper: each item attends to a few latent interests, into which the whole sequence is pooled, instead of to all items;
  positions have an attention of their own. Cross-entropy.
- RecBole: the authors' code. There is no mask: an item sees those after it, so that every prefix needs a row of its
  own, and the padding is pooled with the items. The softmax runs over the items, not over the interests.
- rbench: class, ``forward`` and defaults are RecBole's, so that a state loads into RecBole's LightSANs and scores the
  same if its row 0, padding, is zero; but histories are shorter. Losses, negatives and schedule are rbench's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from ...core.config import Options, later
from ...core.ranges import Count, Range
from .. import Model, register
from ..sasrec import SASRecConfig

if TYPE_CHECKING:
    from ..sequential.recbole.prefixes import PrefixEncoder


@dataclass(frozen=True)
class LightSANsConfig(Options):
    """Sizes of the network; the defaults are RecBole's, but for the longest history."""

    n_layers: Count = 2
    """Transformer layers."""
    n_heads: Count = 2
    """Attention heads."""
    k_interests: Count = 5
    """Latent interests that a sequence is pooled into."""
    hidden_size: Count = 64
    """Width of item embeddings and layers."""
    inner_size: Count = 256
    """Width inside the feed-forward blocks."""
    dropout: Annotated[float, Range(0, below=1)] = 0.5
    """Dropout of the embedded input and of what attention and feed-forward blocks add."""
    attention_dropout: Annotated[float, Range(0, below=1)] = 0.5
    """Dropout of attention weights."""
    hidden_act: Literal["relu", "gelu"] = "gelu"
    """Activation in the feed-forward blocks."""
    max_length: Count = 20
    """Longest history that is read; each label costs a row of as many positions, whatever a history's length."""
    initializer_range: Annotated[float, Range(0)] = 0.02
    """Standard deviation of the initial weights."""
    padding: Literal["zero", "kept"] = later("zero")
    """Row 0 of the item table, which fills short histories up: zero, or kept, as imported models of RecBole have it."""

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
        return SASRecConfig.from_recbole(options) | {"k_interests": options["k_interests"]}


@register
class LightSANs(Model[LightSANsConfig]):
    """Self-attention through a few latent interests."""

    takes_prompts = False
    recbole = "LightSANs"

    @classmethod
    def build(cls, config: LightSANsConfig, n_items: int) -> PrefixEncoder:
        """Return a freshly initialised LightSANs over ``n_items`` items."""
        from ..sequential.recbole.encoder import transformer_options
        from ..sequential.recbole.network import recbole_network
        from ..sequential.recbole.prefixes import PrefixEncoder

        sizes = transformer_options(**asdict(config))
        kept = sizes.pop("padding") == "kept"
        declared = {"takes_prompts": cls.takes_prompts, "keeps_padding": kept, "fixed_width": True}
        return recbole_network(PrefixEncoder, "LightSANs", n_items, config.max_length, sizes, None, **declared)
