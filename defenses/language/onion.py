"""ONION, words without which a title reads more natural.

- Paper: a word is suspect by how much the perplexity of the text falls when it is taken out, under GPT-2; words above a
  threshold, which is chosen on clean validation data, are taken out before the victim reads the text (Qi et al., EMNLP
  2021).
- rbench: the same difference of perplexities, under a model of characters that is fitted to the shop's trusted titles
  (n-grams with Witten and Bell's interpolation), since GPT-2 is a download and knows nothing of the shop. A title's
  score is that of its most suspect word. A title above the threshold is flagged as a whole, not shortened: an item
  cannot be shown by half a title that nobody gave it. The threshold is fixed on trusted titles that were held out.
- It sees: titles alone, so that it judges new items too.
- It cannot see: a trigger of several words, each of which reads natural beside the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.ranges import CountOrZero
from ...core.seeds import generator
from .. import register
from . import FittedScanner, Shop, TitleScanner
from .common.character_model import CharacterModel
from .common.fitted import with_threshold
from .common.options import HeldOutConfig
from .common.threshold import held_out
from .common.title_bytes import clipped


@dataclass(frozen=True)
class OnionConfig(HeldOutConfig):
    """Options of ONION."""

    order: CountOrZero = 4
    """Characters before a character by which it is predicted."""


@register
class Onion(TitleScanner[OnionConfig]):
    """Flag titles with a word that does not fit the others."""

    paper = "Qi et al., ONION: A Simple and Effective Defense Against Textual Backdoor Attacks, EMNLP 2021"

    def fit(self, shop: Shop) -> FittedScanner:
        """Fit the model of characters, and fix the threshold."""
        learn, held = held_out(shop.trusted, self.config.held_out, generator(shop.seed, "onion"))
        model = CharacterModel(learn, self.config.order)

        def suspicion(titles: Sequence[str]) -> NDArray[np.float64]:
            return np.array([most_suspect(title, model) for title in titles], np.float64)

        return with_threshold(suspicion, held, self.config.fpr, {"learned from": len(learn)})


def most_suspect(title: str, model: CharacterModel) -> float:
    """Return by how much the perplexity falls at most when one of a title's words is taken out; 0 if it has no word."""
    words = clipped(title).split()
    whole = model.perplexity(" ".join(words))
    return max((whole - model.perplexity(" ".join(words[:i] + words[i + 1 :])) for i in range(len(words))), default=0.0)
