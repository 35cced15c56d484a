"""SINE (Tan et al., Sparse-Interest Network for Sequential Recommendation, WSDM 2021), as RecBole has it.

- Paper: a sequence activates a few of many prototypes; each of these interests gathers its items by attention, and the
  interests are weighted by a guess of the next one. Sampled softmax, and a penalty that keeps prototypes apart.
- RecBole: scores of all items; the penalty belongs to its loss ``NLL`` alone. Padding takes part in every attention.
- rbench: class, ``forward`` and defaults are RecBole's, so that a state loads into RecBole's SINE and scores the same
  if its row 0, padding, is zero; but histories are shorter. Losses, negatives and schedule are rbench's, without the
  penalty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ...core.config import Options, later
from ...core.ranges import Count, Positive
from .. import Model, register
from ..sasrec import check_normalisation

if TYPE_CHECKING:
    from ..sequential.recbole.prefixes import SINEEncoder


@dataclass(frozen=True)
class SINEConfig(Options):
    """Sizes of the network; the defaults are RecBole's, but for the longest history."""

    embedding_size: Count = 64
    """Width of item embeddings."""
    prototypes: Count = 50
    """Latent prototypes of interests."""
    interests: Count = 3
    """Interests that a sequence activates, at most as many as there are prototypes."""
    tau: Positive = 0.1
    """Temperature of the weights of interests."""
    max_length: Count = 20
    """Longest history that is read; each label costs a row of as many positions, whatever a history's length."""
    padding: Literal["zero", "kept"] = later("zero")
    """Row 0 of the item table, which fills short histories up: zero, or kept, as imported models of RecBole have it."""

    def __post_init__(self) -> None:
        """Check that there are enough prototypes."""
        super().__post_init__()
        if self.interests > self.prototypes:
            raise ValueError(f"interests={self.interests} are more than prototypes={self.prototypes}.")

    def for_recbole(self) -> dict[str, object]:
        """Return the sizes by RecBole's names."""
        return {
            "embedding_size": self.embedding_size,
            "prototype_size": self.prototypes,
            "interest_size": self.interests,
            "tau_ratio": self.tau,
        }

    @staticmethod
    def from_recbole(options: Mapping[str, object]) -> dict[str, object]:
        """Return the options that a model of RecBole has, by their names here.

        Raises:
            KeyError: If one is missing.
            ValueError: If its normalisation differs from the one that all our models have.
        """
        check_normalisation(options)
        return {
            "embedding_size": options["embedding_size"],
            "prototypes": options["prototype_size"],
            "interests": options["interest_size"],
            "tau": options["tau_ratio"],
            "max_length": options["MAX_ITEM_LIST_LENGTH"],
        }


@register
class SINE(Model[SINEConfig]):
    """A few interests out of many prototypes."""

    takes_prompts = False
    recbole = "SINE"

    @classmethod
    def build(cls, config: SINEConfig, n_items: int) -> SINEEncoder:
        """Return a freshly initialised SINE over ``n_items`` items."""
        from ..sequential.recbole.network import recbole_network
        from ..sequential.recbole.prefixes import SINEEncoder

        length, sizes, kept = config.max_length, config.for_recbole(), config.padding == "kept"
        return recbole_network(
            SINEEncoder, "SINE", n_items, length, sizes, takes_prompts=cls.takes_prompts, keeps_padding=kept
        )
