"""Character n-grams, a linear classifier of trusted titles and of the same with made-up triggers.

- Paper: none; the plain baseline that a trained scanner has to beat.
- rbench: logistic regression on how often each sequence of one to four characters occurs in a title's words, hashed to
  2^17 places. Trusted titles are one class, and the same titles with triggers of the families of ``p-scanner`` the
  other. A title's score is the log odds; the threshold is fixed on trusted titles that were held out.
- It sees: titles alone, so that it judges new items too.
- It cannot see: whether words fit each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.ranges import Count, Positive
from ...core.seeds import generator
from .. import register
from . import FittedScanner, Shop, TitleScanner
from .common.families import Families, draw_place, insert
from .common.fitted import with_threshold
from .common.options import FamiliesConfig
from .common.threshold import held_out
from .common.title_bytes import clipped


@dataclass(frozen=True)
class NgramConfig(FamiliesConfig):
    """Options of character n-grams."""

    longest: Count = 4
    """Characters of the longest sequences."""
    draws: Count = 12
    """Made-up triggers for each trusted title."""
    c: Positive = 4.0
    """Inverse strength of the penalty on squared weights."""


@register
class Ngram(TitleScanner[NgramConfig]):
    """Tell titles with triggers by the characters that stand beside each other."""

    paper = "none; defined in rbench"

    def fit(self, shop: Shop) -> FittedScanner:
        """Fit the classifier, and fix the threshold."""
        from sklearn.feature_extraction.text import HashingVectorizer
        from sklearn.linear_model import LogisticRegression
        from threadpoolctl import threadpool_limits

        config, rng = self.config, generator(shop.seed, "ngram")
        learn, held = held_out(shop.trusted, config.held_out, rng)
        grammars, titles = Families(learn), learn * config.draws
        kinds = [config.families[i] for i in rng.integers(len(config.families), size=len(titles))]
        poisoned = [
            insert(title, grammars.draw(kind, rng), draw_place(title, rng))
            for title, kind in zip(titles, kinds, strict=True)
        ]
        features = HashingVectorizer(
            analyzer="char_wb", ngram_range=(1, config.longest), n_features=2**17, alternate_sign=False, lowercase=False
        )
        labels = np.repeat([0, 1], [len(learn), len(poisoned)])
        with threadpool_limits(1):
            model = LogisticRegression(C=config.c, max_iter=1000, class_weight="balanced")
            model.fit(features.transform([*learn, *poisoned]), labels)

        def suspicion(titles: Sequence[str]) -> NDArray[np.float64]:
            # a vectorizer cannot be asked about no title
            found = model.decision_function(features.transform([clipped(t) for t in titles])) if titles else []
            return np.asarray(found, np.float64)

        return with_threshold(suspicion, held, config.fpr, {"learned from": len(learn)})
