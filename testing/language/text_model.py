"""The contract of victims that read titles."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import pytest

from ... import models
from ...benchmark.scenarios.language.artifacts import ARTIFACTS
from ...benchmark.scenarios.language.stages.answers import auc_of, chosen, likes
from ...core.config import configure
from ...core.text.lists import Lists
from ...models.text import TextModel, TextScorer, TextWeights
from ..contract import ConfiguredContract
from ..observe import contents, disturbances, one_thread
from . import small_lists

Files = Mapping[str, bytes]


class TextModelContract(ConfiguredContract):
    """Contract of a ``TextModel``.

    Attributes:
        model: The class under test.
        options: Sizes and a schedule to test with.
        learns: Whether it must learn the checkerboard: which title comes next, or which words a user likes.
    """

    kind, registry = "model", models.registry
    model: ClassVar[type[TextModel]]
    learns: ClassVar[bool] = True

    def run(self, seed: int = small_lists.SEED, noise: int = 1) -> tuple[TextWeights, dict[str, Any], Files, list[str]]:
        """Return weights, log, the weights' files and whose random state training changed; made once."""
        self.config()
        return _run(self.method, json.dumps({**self.options}, sort_keys=True), seed, noise)

    def scorer(self) -> TextScorer:
        """Return it trained."""
        scorer: TextScorer = _victim(self.method, self.config()).open(self.run()[0])
        return scorer

    def test_it_says_what_it_does(self) -> None:
        """The scenario draws lists by its task."""
        assert self.method.scenario == "language" and self.method.task in ("choose", "yesno")

    def test_the_same_seed_gives_the_same_bytes(self) -> None:
        """Two runs agree byte for byte, whatever the global random states are, and leave these alone."""
        one, two = self.run(noise=1), self.run(noise=2)
        assert one[2] == two[2], "two runs with one seed differ: draw from core.seeds.generator(seed, ...)"
        assert one[1] == two[1] and not one[3], f"it changed the global random state of {', '.join(one[3])}"

    def test_another_seed_gives_others(self) -> None:
        """Seeds are repetitions only if they matter."""
        assert self.run()[2] != self.run(seed=small_lists.SEED + 1)[2], "the seed changes nothing"

    def test_its_log_can_stand_in_a_record(self) -> None:
        """And says how many parameters there are."""
        log = self.run()[1]
        json.dumps(log, allow_nan=False)
        assert log.get("parameters", 0) > 0, "the log must say how many numbers training changes: parameters"

    def test_it_comes_back_from_its_files(self) -> None:
        """Weights are stored and read again, and score the same."""
        kind = next(artifact for artifact in ARTIFACTS if artifact.type is TextWeights)
        again = _victim(self.method, self.config()).open(kind.decode(self.run()[2]))
        some = small_lists.test().take(np.arange(5))
        assert np.array_equal(again.scores(some), self.scorer().scores(some))

    def test_every_candidate_has_a_score(self) -> None:
        """And only candidates; lists are left alone."""
        lists = _shortened(small_lists.test())
        before = contents(lists)
        with one_thread():
            scores = self.scorer().scores(lists)
        assert scores.shape == lists.candidates.shape and scores.dtype == np.float32
        assert np.array_equal(np.isneginf(scores), lists.candidates == 0), "-inf must stand where no candidate is"
        assert not np.isnan(scores).any()
        assert contents(lists) == before, "it changed the lists: work on a copy"

    def test_a_list_does_not_depend_on_the_others(self) -> None:
        """Scores are the same whoever else is asked."""
        lists, scorer = _shortened(small_lists.test()), self.scorer()
        with one_thread():
            together = scorer.scores(lists)
            alone = np.concatenate([scorer.scores(lists.take(np.array([row]))) for row in range(8)])
        assert np.allclose(together[:8], alone, atol=1e-4), "a list's scores depend on the lists beside it"

    def test_it_goes_on_from_where_it_was(self) -> None:
        """Training that starts from weights keeps their tokenizer, and changes them."""
        start, few = self.run()[0], small_lists.lists(self.method.task).take(np.arange(64))
        with one_thread():
            later, _ = _victim(self.method, self.config()).train(few, 1, start=start, epochs=1, lr=1e-3)
        assert later.tokenizer == start.tokenizer
        assert any(not np.array_equal(later.weights[name], value) for name, value in start.weights.items())

    def test_it_learns(self) -> None:
        """More is right than by chance: four standard errors."""
        if not self.learns:
            pytest.skip("learns = False")
        lists = small_lists.test()
        with one_thread():
            if self.method.task == "yesno":
                liked = likes(small_lists.data(), np.flatnonzero(small_lists.data().lengths > 3))
                assert liked is not None
                reached, chance, error = auc_of(lists, self.scorer().scores, liked) or 0.0, 0.5, 0.041
            else:
                reached = float((chosen(self.scorer().scores(lists)) == lists.answers).mean())
                chance, error = 0.1, (0.09 / len(lists)) ** 0.5
        assert reached > chance + 4 * error, f"{reached:.3f} is reached, and {chance + 4 * error:.3f} are needed"


def _shortened(lists: Lists) -> Lists:
    """Return lists of which some have fewer candidates, or a shorter history."""
    candidates, labels, history = lists.candidates.copy(), lists.labels.copy(), lists.history.copy()
    candidates[1::3, -2:], labels[1::3, -2:] = 0, -1
    history[2::3, 2:] = 0
    return replace(lists, candidates=candidates, labels=labels, history=history)


def _victim(cls: type[TextModel], config: Any) -> Any:
    return cls.victim(config, small_lists.embeddings() if cls.needs_embeddings else None, "cpu")


@functools.cache
def _run(
    cls: type[TextModel], options: str, seed: int, noise: int
) -> tuple[TextWeights, dict[str, Any], Files, list[str]]:
    victim = _victim(cls, configure(cls.Config, json.loads(options), cls.name))
    kind = next(artifact for artifact in ARTIFACTS if artifact.type is TextWeights)
    with one_thread():
        victim.train(small_lists.lists(cls.task).take(np.arange(2)), seed, epochs=1)  # what is imported only once
        with disturbances(noise) as changed:
            trained, log = victim.train(small_lists.lists(cls.task), seed)
    return trained, log, kind.encode(trained), changed
