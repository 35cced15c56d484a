"""HRM (Wang et al., Learning Hierarchical Representation Model for Next Basket Recommendation, SIGIR 2015).

- Paper: the items of the last basket are pooled, and then that vector and the user's; each pooling is a maximum or a
  mean. Negative sampling.
- RecBole: the last two items are the basket. Pooling them by the mean sums all items instead.
- rbench: class, ``forward`` and defaults are RecBole's, so that a state loads into RecBole's HRM and scores the same if
  its row 0, padding, is zero. Items are pooled by the maximum alone. All users share one embedding, since a platform's
  users are strangers to the provider's model, so that little more is left than what the last items say. Losses,
  negatives and schedule are rbench's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from ...core.config import Options, later
from ...core.ranges import Count, Range
from .. import Model, register

if TYPE_CHECKING:
    from ..sequential.recbole.prefixes import HRMEncoder


@dataclass(frozen=True)
class HRMConfig(Options):
    """Sizes of the network; the defaults are RecBole's."""

    embedding_size: Count = 64
    """Width of item embeddings."""
    dropout: Annotated[float, Range(0, below=1)] = 0.2
    """Dropout of the pooled items and of the user's embedding."""
    user_pooling: Literal["max", "average"] = "max"
    """How the pooled items and the user's embedding become one."""
    max_length: Count = 2
    """Items that are pooled, the last ones of a history."""
    padding: Literal["zero", "kept"] = later("zero")
    """Row 0 of the item table, which fills short histories up: zero, or kept, as imported models of RecBole have it."""

    def for_recbole(self) -> dict[str, object]:
        """Return the sizes by RecBole's names."""
        return {
            "embedding_size": self.embedding_size,
            "dropout_prob": self.dropout,
            "high_order": self.max_length,
            "pooling_type_layer_1": "max",
            "pooling_type_layer_2": self.user_pooling,
        }

    @staticmethod
    def from_recbole(options: Mapping[str, object]) -> dict[str, object]:
        """Return the options that a model of RecBole has, by their names here.

        Raises:
            KeyError: If one is missing.
            ValueError: If its items are not pooled by the maximum.
        """
        if options["pooling_type_layer_1"] != "max":
            raise ValueError("pooling_type_layer_1 must be max, as it is in the model here")
        return {
            "embedding_size": options["embedding_size"],
            "dropout": options["dropout_prob"],
            "user_pooling": options["pooling_type_layer_2"],
            "max_length": options["high_order"],
        }


@register
class HRM(Model[HRMConfig]):
    """The maximum of the last items' embeddings."""

    takes_prompts = False
    recbole = "HRM"

    @classmethod
    def build(cls, config: HRMConfig, n_items: int) -> HRMEncoder:
        """Return a freshly initialised HRM over ``n_items`` items."""
        from ..sequential.recbole.network import recbole_network
        from ..sequential.recbole.prefixes import HRMEncoder

        length, sizes, kept = config.max_length, config.for_recbole(), config.padding == "kept"
        return recbole_network(
            HRMEncoder, "HRM", n_items, length, sizes, takes_prompts=cls.takes_prompts, keeps_padding=kept
        )
