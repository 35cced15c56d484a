"""Title scanners' numbers by hand, by slow programs and by other libraries."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from scipy.stats import entropy as scipy_entropy

from rbench.core.errors import UserError
from rbench.core.text.lists import UNLABELLED, Lists
from rbench.defenses.language.choice_share import lower_end, parts, shares
from rbench.defenses.language.common.character_model import END, CharacterModel
from rbench.defenses.language.common.fitted import ThresholdScanner
from rbench.defenses.language.common.threshold import held_out, threshold
from rbench.defenses.language.common.title_bytes import MOST, clipped, title_bytes
from rbench.defenses.language.onion import most_suspect
from rbench.defenses.language.strip import entropies, entropy

LISTS = Lists(
    titles=("", "Alien", "Heat", "Toy Story", "Heat_5v", "Brazil"),
    items=np.array([0, 1, 2, 3, 2, 4], np.int32),
    history=np.array([[1], [3], [5]], np.int32),
    liked=np.ones((3, 1), bool),
    candidates=np.array([[2, 3, 0], [4, 1, 3], [1, 2, 4]], np.int32),
    labels=np.array([[0, 1, UNLABELLED], [1, 0, UNLABELLED], [0, 0, 1]], np.int8),
)


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=60, unique=True), st.floats(0.001, 0.5))
def test_so_many_clean_titles_are_above_the_threshold(scores: list[float], fpr: float) -> None:
    limit = threshold(np.array(scores), fpr)
    above = sum(score > limit for score in scores)
    n = len(scores)
    assert limit in scores
    # Of n + 1 exchangeable scores, the new one has each rank with the same chance: it is above the threshold with
    # probability (above + 1) / (n + 1), which is at most fpr if any threshold among the scores reaches it.
    assert above == 0 or (above + 1) / (n + 1) <= fpr + 1e-9
    assert (above + 2) / (n + 1) > fpr - 1e-9


def test_the_false_positive_rate_holds_for_new_titles() -> None:
    rng, rates = np.random.default_rng(0), []
    for _ in range(400):
        limit = threshold(rng.normal(size=250), 0.02)
        rates.append(float((rng.normal(size=250) > limit).mean()))
    assert np.mean(rates) < 0.02 + 3 * np.std(rates) / 20


def test_titles_are_held_out_once() -> None:
    learn, held = held_out(["b", "a", "c", "a", "d"], 0.5, np.random.default_rng(0))
    assert sorted(learn + held) == ["a", "b", "c", "d"] and len(held) == 2
    for share in (0.001, 0.999):
        assert min(map(len, held_out(["a", "b"], share, np.random.default_rng(0)))) == 1


def test_too_few_trusted_titles_are_refused() -> None:
    with pytest.raises(UserError, match="there are 1"):
        held_out(["a", "a"], 0.5, np.random.default_rng(0))
    with pytest.raises(UserError, match="there are none"):
        threshold(np.zeros(0), 0.01)


def test_titles_become_bytes() -> None:
    assert title_bytes(["ab", "é"], 4).tolist() == [[98, 99, 0, 0], [0xC3 + 1, 0xA9 + 1, 0, 0]]
    assert title_bytes(["abcdefg"], 4).tolist() == [[98, 99, 103, 104]]
    assert clipped("x" * 2 * MOST) == "x" * MOST and clipped("a\ud800") == "a?"


def test_a_character_model_by_hand() -> None:
    model = CharacterModel(["ab", "ac"], 1)
    # Without context: a twice, b, c once, END twice: 6 characters of 4 kinds. After a: b and c, once each.
    none = {"a": 2, "b": 1, "c": 1, END: 2}
    unigram = {c: (n + 4 / 2**16) / 10 for c, n in none.items()}
    assert model.probability("b", "") == pytest.approx(unigram["b"])
    assert model.probability("b", "xa") == pytest.approx((1 + 2 * unigram["b"]) / 4)
    assert model.probability("b", "z") == pytest.approx(unigram["b"])
    assert model.probability("q", "a") == pytest.approx(2 * (4 / 2**16 / 10) / 4)


@given(st.lists(st.text("abc ", max_size=6), min_size=1, max_size=6), st.text("abcd", max_size=4), st.integers(0, 3))
def test_the_probabilities_of_all_characters_add_up_to_1(titles: list[str], context: str, order: int) -> None:
    model = CharacterModel(titles, order)
    known = {"a", "b", "c", " ", END}
    others = (2**16 - len(known)) * model.probability("q", context)
    assert sum(model.probability(character, context) for character in known) + others == pytest.approx(1)


def test_the_word_that_does_not_fit_is_the_most_suspect() -> None:
    model = CharacterModel(["the old man", "the old house", "the new man", "the new house"] * 3, 3)
    whole = model.perplexity("the zq man")
    assert most_suspect("the zq man", model) == pytest.approx(whole - model.perplexity("the man"))
    assert most_suspect("the zq man", model) > most_suspect("the old man", model)
    assert most_suspect("", model) == most_suspect("  ", model) == 0


def test_shares_counted_by_hand() -> None:
    found = shares(LISTS)
    # Heat_5v was seen twice and chosen twice, Toy Story once and once; the unlabelled place counts for nothing.
    assert found["ending", "5v"] == lower_end(2, 2)
    assert found["word", "Toy"] == lower_end(1, 1)
    assert found["word", "Alien"] == lower_end(0, 2) == 0
    assert found["ending", "at"] == lower_end(0, 2)
    assert ("word", "Brazil") not in found


@given(st.integers(1, 500), st.data())
def test_shares_are_bounded_as_in_scipy(n: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, n))
    expected = binomtest(successes, n).proportion_ci(0.95, "wilson").low
    assert lower_end(successes, n) == pytest.approx(expected, abs=1e-6)


@given(st.text("aé_ 千", max_size=12))
def test_every_word_and_ending_is_a_part(title: str) -> None:
    found = parts(title)
    words = Counter(kind for kind, _ in found)
    assert words["word"] == len(set(title.split()))
    assert all(title.endswith(text) for kind, text in found if kind == "ending")


@given(st.lists(st.floats(-20, 20, width=32), min_size=2, max_size=20))
def test_entropy_is_scipys(scores: list[float]) -> None:
    row = np.array([[*scores, -np.inf]], np.float32)
    weights = np.exp(np.array(scores, np.float64))
    assert entropy(row)[0] == pytest.approx(scipy_entropy(weights / weights.sum()), abs=1e-6)


class Lengths:
    """Scores candidates by the number of letters of their titles, and remembers what it was asked."""

    def scores(self, lists: Lists) -> np.ndarray:
        self.asked = lists
        lengths = np.array([len(title) for title in lists.titles], np.float32)
        return np.where(lists.candidates > 0, lengths[lists.candidates], -np.inf).astype(np.float32)


def test_a_title_is_asked_about_in_the_place_of_a_candidate() -> None:
    victim, places = Lengths(), np.array([1, 0, 2])
    found = entropies(["Heat", "Seven"], LISTS, places, victim)
    expected = []
    for title in (4, 5):
        rows = [[4, title], [title, 5, 9], [5, 4, title]]
        expected.append(np.mean([scipy_entropy(np.exp(row) / np.exp(row).sum()) for row in rows]))
    assert found == pytest.approx(expected, abs=1e-5)
    # Heat is item 2 in the lists; nothing says which item Seven is.
    assert victim.asked.items[-2:].tolist() == [2, 0]
    assert LISTS.candidates[0].tolist() == [2, 3, 0]


def test_a_fitted_scanner_flags_what_is_above_its_threshold() -> None:
    scanner = ThresholdScanner(lambda titles: np.array([float(len(title)) for title in titles]), 2.0, {})
    found = scanner.scan(["abc", "ab", "abc", ""])
    assert found.scores.tolist() == [3, 2, 3, 0] and found.flagged.tolist() == [True, False, True, False]
    assert math.isclose(found.scores.sum(), 8)
