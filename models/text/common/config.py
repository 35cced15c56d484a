"""Options of every text recommender."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from ....core.config import Options
from ....core.ranges import Count, Range

TINY = "tiny"


@dataclass(frozen=True)
class TextConfig(Options):
    """What reads the titles, and how long it is trained."""

    model: str = TINY
    """tiny: a small transformer, from scratch; or a published language model, by its id on the hub or its folder, of
    which LoRA adapters are trained."""
    samples: Count = 20_000
    """Training lists at most, drawn by seed."""
    epochs: Count = 2
    """How often each is seen."""
    lr: Annotated[float, Range(0)] = 0.0
    """Peak of AdamW's learning rate; 0: 4e-3 for the small transformer, and for a language model TALLRec's 1e-4 where
    it says Yes or No, LLaRA's 8e-4 where it chooses."""
    batch_size: Count = 32
    """Lists in a batch."""
    vocabulary: Annotated[int, Range(256)] = 4000
    """Tokens of the small transformer's tokenizer, at most; 256 are bytes."""
    width: Count = 64
    """Width of the small transformer."""
    layers: Count = 1
    """Its layers."""
    heads: Count = 4
    """Its attention heads."""

    def __post_init__(self) -> None:
        """Check that the width is a multiple of the number of heads.

        Raises:
            ValueError: If it is not.
        """
        super().__post_init__()
        if self.width % self.heads:
            raise ValueError(f"width={self.width} is not a multiple of heads={self.heads}.")
