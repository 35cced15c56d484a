"""The small grid that contracts of text victims and title attacks play in: lists of checkerboard users."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...attacks.language import FakeUsers, ItemOwner, TitleAttack
from ...benchmark.scenarios.language.protocol.lists import choice_lists, like_lists, question_lists
from ...benchmark.scenarios.language.protocol.ownership import Ownership, draw
from ...benchmark.scenarios.language.protocol.poisoning import poisoned
from ...benchmark.scenarios.language.protocol.questions import questions
from ...benchmark.scenarios.language.protocol.settings import LanguageConfig
from ...benchmark.scenarios.language.stages.answers import hits
from ...core.interactions import Interactions
from ...core.seeds import generator
from ...core.text.lists import Lists
from ...datasets import resolve
from ...models.text import TextModel, TextScorer
from ..observe import one_thread

SEED = 7
CONFIG = LanguageConfig(history=5, candidates=10, questions=200)
SAMPLES = {"choose": 500, "yesno": 250}
FAKES = 50
"""Fake users: enough for a small victim that is trained for seconds."""


@functools.cache
def data() -> Interactions:
    """Return 200 checkerboard users and 80 items of two colours, with titles and likes."""
    spec = resolve("checkerboard")
    return spec.open(spec.configure({"users": 200, "texts": True})).load()


@functools.cache
def owned() -> Ownership:
    """Return the attacker's items, four, and the trusted ones."""
    return draw(data().n_items, 0.05, 0.5, SEED)


@functools.cache
def lists(task: str) -> Lists:
    """Return training lists of a task."""
    if task == "yesno":
        return like_lists(data(), CONFIG, SAMPLES[task], SEED)
    return choice_lists(data(), CONFIG, SAMPLES[task], SEED)[0]


@functools.cache
def test() -> Lists:
    """Return the lists that victims are asked about."""
    return question_lists(data(), CONFIG, SEED)[0]


def owner(fakes: int = FAKES, seed: int = SEED) -> ItemOwner:
    """Return what an item owner holds."""
    return ItemOwner(data().drop_last(1), owned().own.copy(), fakes, CONFIG.history, seed)


def embeddings() -> NDArray[np.float32]:
    """Return embeddings that tell an item's colour and place, in eight numbers."""
    items = np.arange(data().n_items + 1)
    angle = items[:, None] * np.arange(1, 5) * 2 * np.pi / (data().n_items // 2)
    return np.concatenate([np.sin(angle), np.cos(angle)], axis=1).astype(np.float32)


def trained(model: type[TextModel], config: Any, lists: Lists, seed: int = SEED) -> TextScorer:
    """Return a victim that was trained on lists."""
    victim = model.victim(config, embeddings() if model.needs_embeddings else None, "cpu")
    with one_thread():
        return victim.open(victim.train(lists, seed)[0])


def success(attack: TitleAttack, made: FakeUsers, seed: int = SEED) -> tuple[float, float]:
    """Return the attack success rate on items of others, with the trigger and without, against ``tallrec-yesno``."""
    from ...models.text.tallrec_yesno import TallrecYesno

    with_fakes = poisoned(lists("yesno"), made, data().n_items, True, generator(seed, "candidates"))
    scorer = _scorer(TallrecYesno, with_fakes) if len(made.items) or made.renamed else _clean()
    asked = questions(test(), owned(), lambda titles: attack.retitle(titles, seed), seed)
    with one_thread():
        found = hits(asked, scorer.scores, True)
    return float(found["ASR"].mean()), float(found["ASR plain"].mean())


@functools.cache
def _clean() -> TextScorer:
    from ...models.text.tallrec_yesno import TallrecYesno

    return _scorer(TallrecYesno, lists("yesno"))


def _scorer(model: Callable[..., Any], lists: Lists) -> TextScorer:
    return trained(model, model.Config(vocabulary=600, width=32), lists)  # type: ignore[attr-defined,arg-type]
