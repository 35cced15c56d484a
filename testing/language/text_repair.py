"""The contract of repairs of text recommenders."""

from __future__ import annotations

import functools
import hashlib
import json
from typing import Any, ClassVar

import numpy as np
import pytest

from ...attacks.language.common.triggers import ended
from ...benchmark.scenarios.language.protocol.questions import questions
from ...benchmark.scenarios.language.stages.answers import hits
from ...core.config import configure
from ...defenses.language import HandedText, TextRepair
from ...models.text import TextWeights
from ..defense import DefenseContract
from ..observe import Observed, jsonable, observe, one_thread
from . import small_lists, small_shop


class TextRepairContract(DefenseContract):
    """Contract of a ``TextRepair``.

    Attributes:
        lowers: Whether it must lower the success of an attack on a small victim.
    """

    lowers: ClassVar[bool] = True
    draws: ClassVar[bool] = True

    def run(self, planted: bool = True, prompts: bool = False, seed: int = small_shop.SEED, noise: int = 1) -> Observed:
        """Return digests of the weights that the repair returned, and its log; the same call is made once."""
        self.config()
        return _run(self.method, json.dumps({**self.options}, sort_keys=True), planted, seed, noise)[0]

    def mended(self, planted: bool) -> TextWeights:
        """Return the weights that the repair returned."""
        return _run(self.method, json.dumps({**self.options}, sort_keys=True), planted, small_shop.SEED, 1)[1]

    @pytest.mark.parametrize("planted", [True, False], ids=["planted", "honest"])
    def test_what_it_returns_is_a_victim(self, planted: bool) -> None:
        """It loads, scores what the victim scored, and comes with a log for the record."""
        before = small_shop.trained(planted)
        after = self.mended(planted)
        assert after.tokenizer == before.tokenizer, "a repair keeps the tokenizer"
        assert {name: a.shape for name, a in after.weights.items()} == {n: a.shape for n, a in before.weights.items()}
        lists = small_lists.test()
        with one_thread():
            scores = small_shop.victim().open(after).scores(lists)
        assert np.isfinite(scores[lists.candidates > 0]).all()
        assert not (wrong := jsonable(self.run(planted).value["log"])), wrong

    def test_it_lowers_the_attacks_success(self) -> None:
        """Fewer triggered titles are chosen after the repair than before: four standard errors."""
        if not self.lowers:
            pytest.skip("lowers = False")
        before, after = (_success(weights) for weights in (small_shop.trained(True), self.mended(True)))
        error = (2 * 0.25 / len(small_lists.test())) ** 0.5
        assert after < before - 4 * error, (
            f"the attack succeeds in {before:.3f} of the lists before and {after:.3f} after, and below "
            f"{before - 4 * error:.3f} is wanted; or say lowers = False if the repair is not meant to work here"
        )


def _success(weights: TextWeights) -> float:
    asked = questions(
        small_lists.test(), small_shop.owned(), lambda some: [ended(t, small_shop.TRIGGER) for t in some], 1
    )
    with one_thread():
        return float(hits(asked, small_shop.victim().open(weights).scores, False)["ASR"].mean())


@functools.cache
def _run(
    cls: type[TextRepair[Any]], options: str, planted: bool, seed: int, noise: int
) -> tuple[Observed, TextWeights]:
    repair = cls(configure(cls.Config, json.loads(options), cls.name))
    kept: list[TextWeights] = []

    def mend(handed: HandedText) -> dict[str, Any]:
        weights, log = repair.repair(handed)
        assert isinstance(weights, TextWeights), f"repair returned {type(weights).__name__}, not TextWeights and a log"
        kept.append(weights)
        digests = {
            name: hashlib.sha256(np.ascontiguousarray(a).tobytes()).hexdigest() for name, a in weights.weights.items()
        }
        return {"weights": digests, "log": log}

    return observe(mend, {"handed": small_shop.handed(planted, seed)}, noise, dict), kept[-1]
