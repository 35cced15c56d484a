"""RepeatNet (Ren et al., A Repeat Aware Neural Recommendation Machine, AAAI 2019), as RecBole has it.

- Paper: a recurrent unit reads the session; one decoder scores the items that are in it, another those that are not,
  and a third part says how likely the next item is a repetition.
- RecBole: the same, with the loss of the joint prediction; that of the third part can be added.
- rbench: class, loss and scores are RecBole's, and so are the defaults, but for the longest history. A row is trained
  for each label. A platform that leaves out what users have seen (``rank.mask_history``) ranks by the second decoder.
  A negative beside the label, with which an attacker presses an item down, adds a pairwise term of log probabilities.
  A batch takes memory for its positions times the items: the model is for small item tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from ...core.config import Options, later
from ...core.ranges import Count, Range
from .. import Model, register

if TYPE_CHECKING:
    from ..sequential.encoder import SequenceEncoder


@dataclass(frozen=True)
class RepeatNetConfig(Options):
    """Sizes of the network; the defaults are RecBole's, but for the longest history."""

    embedding_size: Count = 64
    """Width of item embeddings."""
    hidden_size: Count = 64
    """Width of the recurrent state."""
    dropout: Annotated[float, Range(0, below=1)] = 0.5
    """Dropout in the decoders."""
    joint_train: bool = False
    """Add the loss of whether the next item is a repetition; row by row in Python, and slow."""
    max_length: Count = 20
    """Longest history that is read; each label costs a row of as many positions."""
    padding: Literal["zero", "kept"] = later("zero")
    """Row 0 of the item table, which fills short histories up: zero, or kept, as imported models of RecBole have it."""

    def for_recbole(self) -> dict[str, object]:
        """Return the sizes by RecBole's names."""
        return {
            "embedding_size": self.embedding_size,
            "hidden_size": self.hidden_size,
            "dropout_prob": self.dropout,
            "joint_train": self.joint_train,
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
            "dropout": options["dropout_prob"],
            "joint_train": options["joint_train"],
            "max_length": options["MAX_ITEM_LIST_LENGTH"],
        }


@register
class RepeatNet(Model[RepeatNetConfig]):
    """Gated recurrent units that either repeat an item or explore."""

    takes_prompts = False
    has_products = False
    recbole = "RepeatNet"

    @classmethod
    def losses(cls, config: RepeatNetConfig) -> tuple[str, ...]:
        """Return cross-entropy, the only loss that RecBole has for it."""
        return ("softmax",)

    @classmethod
    def build(cls, config: RepeatNetConfig, n_items: int) -> SequenceEncoder:
        """Return a freshly initialised RepeatNet over ``n_items`` items."""
        from ..sequential.recbole.victims import victim_network

        return victim_network("RepeatNet", n_items, config.max_length, config.for_recbole(), config.padding)
