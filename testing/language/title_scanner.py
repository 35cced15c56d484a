"""The contract of title scanners."""

from __future__ import annotations

import functools
import json
from typing import Any, ClassVar

import numpy as np
import pytest

from ...benchmark.scenarios.language.artifacts import ARTIFACTS
from ...core.config import configure
from ...core.detection import Detection, checked_detection
from ...core.errors import UserError
from ...core.seeds import generator
from ...defenses.language import (
    FittedScanner,
    Scanned,
    ScannerConfig,
    ScannerWeights,
    Shop,
    TitleScanner,
    TrainedScanner,
    TrustedTitles,
)
from ..defense import DefenseContract
from ..observe import Observed, observe, one_thread
from . import small_shop

STRANGE = ["", " ", "<b>Heat</b>", "a\x00b\n\tc", "千と千尋の神隠し", "x" * 10_000, "word " * 2_000, "\ud800"]
"""Titles that come from outside: empty, with markup and control characters, in any script, very long."""


class TitleScannerContract(DefenseContract):
    """Contract of a ``TitleScanner``.

    Attributes:
        finds: Whether its scores must put titles with a trigger, in a small shop, before others.
    """

    finds: ClassVar[bool] = True

    def run(self, planted: bool = True, prompts: bool = False, seed: int = small_shop.SEED, noise: int = 1) -> Observed:
        """Return what the scanner said of every title of a small shop; the same call is made once."""
        self.config()
        return _run(self.method, json.dumps({**self.options}, sort_keys=True), planted, seed, noise)

    def fitted(self) -> FittedScanner:
        """Return the scanner that knows the small shop; it is fitted once."""
        return _fitted(self.method, json.dumps({**self.options}, sort_keys=True))

    def test_it_has_the_options_of_every_scanner(self) -> None:
        """The harness asks each of them where flagged titles are left out."""
        assert issubclass(self.method.Config, ScannerConfig), "derive the options from ScannerConfig"

    @pytest.mark.parametrize("planted", [True, False], ids=["planted", "honest"])
    def test_every_title_gets_a_score_and_a_flag(self, planted: bool) -> None:
        """Scores are finite, and the log can be stored."""
        found = self.run(planted).value
        try:
            checked_detection(found, len(small_shop.titles(planted)), self.method.name)
        except UserError as error:
            raise AssertionError(str(error)) from None

    def test_what_it_says_of_a_title_depends_on_no_other(self) -> None:
        """A title that comes alone, or among others, is judged alike; so is one that comes twice."""
        titles, scanner = small_shop.titles(True), self.fitted()
        some = [int(i) for i in generator(1, "order").permutation(len(titles))[:10]]
        with one_thread():
            together = scanner.scan(titles)
            parts = [scanner.scan([titles[i]]) for i in some] + [scanner.scan([titles[i] for i in some + some])]
            nothing = scanner.scan([])
        scores, flags = (np.concatenate([getattr(part, name) for part in parts]) for name in ("scores", "flagged"))
        assert np.allclose(scores, together.scores[some * 3], rtol=1e-4, atol=1e-4), "a score depends on other titles"
        assert (flags == together.flagged[some * 3]).all(), "a flag depends on other titles"
        assert len(nothing.scores) == len(nothing.flagged) == 0, "of no titles it must say nothing"

    def test_it_reads_whatever_titles_there_are(self) -> None:
        """A title that the scanner cannot read is one that nobody is warned of."""
        with one_thread():
            assert np.isfinite(self.fitted().scan(STRANGE).scores).all()

    def test_what_it_learnt_can_be_stored(self) -> None:
        """A scanner that is trained on trusted titles says the same of a title once it was stored and read."""
        scanner = self.method(self.config())
        if not isinstance(scanner, TrainedScanner):
            pytest.skip("it is trained on what the shop received")
        shop = small_shop.shop(scanner, True, small_shop.SEED)
        codecs = {artifact.type: artifact for artifact in ARTIFACTS}
        with one_thread():
            trained = scanner.train(TrustedTitles(shop.trusted, shop.seed))
            assert isinstance(trained, ScannerWeights), f"train returned {type(trained).__name__}, not ScannerWeights"
            kind, found = codecs[ScannerWeights], self.fitted().scan(shop.titles)
            again = scanner.open(kind.decode(kind.encode(trained)), "cpu").scan(shop.titles)
        assert (again.scores == found.scores).all() and (again.flagged == found.flagged).all(), (
            "once it was stored and read, it says something else: what it learnt must be in its weights"
        )

    def test_it_suspects_titles_with_a_trigger(self) -> None:
        """Its average precision in the small shop is at least twice a random order's."""
        if not self.finds:
            pytest.skip("finds = False")
        from sklearn.metrics import average_precision_score

        planted = np.array([title in small_shop.triggered() for title in small_shop.titles(True)])
        reached = average_precision_score(planted, self.run().value.scores[1:])
        assert reached >= 2 * planted.mean(), (
            f"average precision is {reached:.3f}, and at least {2 * planted.mean():.3f} is needed; higher scores must "
            "be the more suspect; or say finds = False if the scanner is not meant to work on the checkerboard"
        )


@functools.cache
def _fitted(cls: type[TitleScanner[Any]], options: str) -> FittedScanner:
    scanner = cls(configure(cls.Config, json.loads(options), cls.name))
    with one_thread():
        return scanner.fit(small_shop.shop(scanner, True, small_shop.SEED))


@functools.cache
def _run(cls: type[TitleScanner[Any]], options: str, planted: bool, seed: int, noise: int) -> Observed:
    scanner = cls(configure(cls.Config, json.loads(options), cls.name))

    def scan(shop: Shop) -> Detection:
        fitted = scanner.fit(shop)
        found = fitted.scan(shop.titles)
        assert isinstance(found, Scanned), f"scan returned {type(found).__name__}, not Scanned"
        # As of items, whose first place is padding.
        return Detection(np.append(0.0, found.scores), np.append(False, found.flagged), fitted.log)

    return observe(scan, {"shop": small_shop.shop(scanner, planted, seed)}, noise, Detection)
