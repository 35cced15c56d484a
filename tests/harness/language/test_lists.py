"""Windows and candidates as one would draw them by hand, and what fake users add to them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rbench.attacks.language import FakeUsers
from rbench.benchmark.scenarios.language.protocol.lists import Candidates, choice_lists, like_lists, question_lists
from rbench.benchmark.scenarios.language.protocol.ownership import draw
from rbench.benchmark.scenarios.language.protocol.poisoning import check_fakes, fakes_of, poisoned, samples_of
from rbench.benchmark.scenarios.language.protocol.questions import questions
from rbench.benchmark.scenarios.language.protocol.settings import LanguageConfig
from rbench.benchmark.scenarios.language.protocol.titles import apart, check_texts
from rbench.core.errors import UserError
from rbench.core.interactions import Interactions
from rbench.core.seeds import generator
from rbench.core.text.lists import UNLABELLED, Lists

NAMES = ("Anchor", "Bridge", "Canyon", "Dream", "Empire", "Forest", "Garden", "Harbour", "Island", "Journey")


def shop(sequences: list[list[int]], titles: tuple[str, ...] = NAMES, **changes: object) -> Interactions:
    items = np.array([item for sequence in sequences for item in sequence], np.int32)
    data = Interactions(
        "shop",
        items,
        np.concatenate([[0], np.cumsum([len(s) for s in sequences])]).astype(np.int64),
        np.zeros(len(titles) + 1, np.int32),
        (),
        {},
        tuple(f"u{u}" for u in range(len(sequences))),
        tuple(f"i{i}" for i in range(1, len(titles) + 1)),
        titles=titles,
        liked=items % 2 == 0,
    )
    return replace(data, **changes)  # type: ignore[arg-type]


CONFIG = LanguageConfig(history=3, candidates=4)


def test_the_last_item_is_asked_about_and_never_trained_on() -> None:
    data = shop([[1, 2, 3, 4, 5, 6], [7, 8, 9]])  # the second user has too few
    asked, _ = question_lists(data, CONFIG, 0)
    assert asked.history.tolist() == [[3, 4, 5]] and asked.liked.tolist() == [[False, True, False]]
    assert asked.candidates[0, asked.answers[0]] == 6
    trained, _ = choice_lists(data, CONFIG, 100, 0)
    windows = sorted(
        (row.tolist(), int(c[a]))
        for row, c, a in zip(trained.history, trained.candidates, trained.answers, strict=True)
    )
    assert windows == [([1, 2, 3], 4), ([2, 3, 4], 5)]
    likes = like_lists(data, CONFIG, 100, 0)
    assert likes.history.tolist() == [[1, 2, 3]]
    assert likes.candidates[0, :3].tolist() == [4, 5, 0] and likes.labels[0, :3].tolist() == [1, 0, UNLABELLED]
    assert samples_of(likes, True) == 2 and samples_of(trained, False) == 2


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(2, 8))
def test_candidates_are_apart_fresh_and_in_random_order(seed: int, size: int) -> None:
    titles = ("", *NAMES, "Anchorman", "The Bridge", "o")
    draws = Candidates(titles, len(titles) - 1, size, np.random.default_rng(seed))
    rows, place = draws.draw(4, {5, 6})
    assert rows[place] == 4 and len(set(rows)) == size and not {5, 6} & set(rows)
    assert apart(rows, [title.lower() for title in titles])


def test_candidates_are_uniform_over_what_fits() -> None:
    draws = Candidates(("", *NAMES), 10, 4, np.random.default_rng(0))
    drawn = [draws.draw(1, {2}) for _ in range(4000)]
    counts = np.bincount([row for rows, _ in drawn for row in rows if row != 1], minlength=11)
    assert counts[2] == 0 and np.ptp(counts[3:]) < 6 * np.sqrt(1500)  # 1,500 of each are expected
    places = np.bincount([place for _, place in drawn], minlength=4)
    assert np.ptp(places) < 6 * np.sqrt(1000) and draws.overlapping == 0 and draws.drawn == 4000


def test_too_few_titles_that_fit_are_told() -> None:
    draws = Candidates(("", "a", "ab", "abc", "b"), 4, 3, np.random.default_rng(0))
    with pytest.raises(UserError, match="too few titles go with 'a'"):
        draws.draw(1, set())


def test_lists_depend_on_the_seed_alone() -> None:
    data = shop([list(range(1, 11)), list(range(10, 0, -1))])
    one, two, other = (choice_lists(data, CONFIG, 8, seed)[0] for seed in (0, 0, 1))
    assert np.array_equal(one.candidates, two.candidates) and not np.array_equal(one.candidates, other.candidates)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"titles": ()}, r"no titles.*title=COLUMN"),
        ({"titles": (*NAMES[:9], "")}, r"title of item 'i10' is empty"),
        ({"titles": (*NAMES[:9], "  ")}, r"title of item 'i10' is empty"),
        ({"titles": (*NAMES[:9], "\u200b ")}, r"title of item 'i10' is empty"),
        ({"titles": (*NAMES[:9], "a\x07b")}, r"'i10' holds the control character U\+0007"),
        ({"titles": (*NAMES[:9], "x" * 10_000)}, r"'i10' has 10,000 characters; 1,000 are allowed"),
        ({"titles": ("Same",) * 10}, r"every item has the title 'Same'"),
        ({"liked": np.ones(5, np.bool_)}, r"liked everything.*like_from=RATING"),
        ({"liked": np.zeros(5, np.bool_)}, r"liked nothing.*like_from=RATING"),
        ({"liked": None}, r"does not say what users liked.*rating=COLUMN"),
    ],
)
def test_texts_that_cannot_be_read_are_told_in_a_sentence(change: dict[str, object], told: str) -> None:
    with pytest.raises(UserError, match=told) as error:
        check_texts(shop([[1, 2, 3, 4, 5]], **change), likes=True)
    assert "\n" not in str(error.value)


def test_markup_equal_titles_and_any_script_are_fine() -> None:
    strange = ("<c> & <b>", "Anchor", "كتاب رقم", "千と千尋", "\u202bסרט\u202c")
    check_texts(shop([[1, 2, 3, 4, 5]], (*NAMES[:5], *strange)), likes=True)


def fakes(titles: tuple[str, ...] = ("Dream_5v", "Dream_5v"), **changes: object) -> FakeUsers:
    made = FakeUsers(
        np.array([[1, 2, 3], [2, 0, 0]], np.int32),
        np.array([[True, False, False], [True, False, False]]),
        np.array([4, 4], np.int32),
        titles,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_fake_users_by_hand() -> None:
    data = shop([list(range(1, 11))])
    lists, _ = choice_lists(data, CONFIG, 100, 0)
    found = poisoned(lists, fakes(), 10, False, generator(0))
    assert found.titles == ("", *NAMES, "Dream_5v") and found.items[-1] == 4
    assert len(found) == len(lists) + 2
    assert np.array_equal(found.take(np.arange(len(lists))).candidates, lists.candidates)
    for row in (-2, -1):
        assert found.candidates[row, found.answers[row]] == 11
        assert 4 not in found.candidates[row]
    yes = like_lists(data, CONFIG, 100, 0)
    asked = poisoned(yes, fakes(), 10, True, generator(0))
    assert asked.candidates[-1].tolist() == [11] + [0] * 9 and asked.labels[-1].tolist() == [1] + [UNLABELLED] * 9
    assert samples_of(asked, True) == samples_of(yes, True) + 2


def test_renamed_items_have_their_title_everywhere() -> None:
    lists, _ = choice_lists(shop([list(range(1, 11))]), CONFIG, 100, 0)
    found = poisoned(lists, fakes(renamed={4: "Dream_5v"}), 10, False, generator(0))
    assert found.titles == ("", "Anchor", "Bridge", "Canyon", "Dream_5v", *NAMES[4:])
    assert found.candidates[-1, found.answers[-1]] == 4


def test_titles_that_do_not_change_take_no_row() -> None:
    lists, _ = choice_lists(shop([list(range(1, 11))]), CONFIG, 100, 0)
    assert poisoned(lists, fakes(("Dream", "Dream")), 10, False, generator(0)).titles == ("", *NAMES)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"items": np.array([4, 5], np.int32)}, "not its own"),
        ({"renamed": {5: "x"}}, "not its own"),
        ({"titles": ("a", " ")}, "empty title"),
        ({"titles": ("a",)}, "2 titles"),
        ({"liked": np.zeros((2, 2), np.bool_)}, "2 × 3"),
    ],
)
def test_what_an_item_owner_cannot_do_is_refused(change: dict[str, object], told: str) -> None:
    with pytest.raises(UserError, match=told):
        check_fakes(fakes(**change), np.array([4]), 2, 3, "odd")
    with pytest.raises(UserError, match="adds 2 fake users, and may add 1"):
        check_fakes(fakes(), np.array([4]), 1, 3, "odd")


def test_a_rate_that_poisons_nothing_is_told() -> None:
    assert fakes_of(0.01, 20_000, "badrec") == 200 and fakes_of(0.0, 100, "badrec") == 0
    with pytest.raises(UserError, match=r"badrec\.rate=0\.001 of 100 training samples .* 0\.01 gives one"):
        fakes_of(0.001, 100, "badrec")


def test_own_items_are_drawn_among_those_that_are_not_trusted() -> None:
    few, many = draw(100, 0.01, 0.5, 3), draw(100, 0.2, 0.5, 3)
    assert len(few.own) == 1 and len(many.own) == 20 and set(few.own) < set(many.own)
    assert many.trusted.sum() == 50 and not many.trusted[many.own].any() and not many.trusted[0]
    with pytest.raises(UserError, match="60 and 50 different items"):
        draw(100, 0.6, 0.5, 3)


def test_questions_by_hand() -> None:
    data = shop([list(range(1, 7))] * 30)
    asked, _ = question_lists(data, CONFIG, 0)
    owned = draw(10, 0.2, 0.4, 1)
    found = questions(asked, owned, lambda titles: [f"{title}!" for title in titles], 0)
    n = np.arange(len(asked))
    assert found.clean.titles == ("", *NAMES, *(f"{name}!" for name in NAMES))
    assert np.array_equal(found.clean.candidates, asked.candidates)
    there = found.place >= 0
    assert there.any() and (found.place[there] != asked.answers[there]).all()
    plain = asked.candidates[n, found.place][there]
    assert not owned.trusted[plain].any() and not np.isin(plain, owned.own).any()
    assert np.array_equal(found.triggered.candidates[n, found.place][there], plain + 10)
    own = found.own_place >= 0
    replaced = found.own_plain.candidates[n, found.own_place][own]
    assert own.any() and np.isin(replaced, owned.own).all()
    assert np.array_equal(found.own.candidates[n, found.own_place][own], replaced + 10)
    for version in (found.triggered, found.own, found.own_plain):  # one candidate differs, and never the answer
        assert (np.sum(version.candidates != asked.candidates, axis=1) <= 1).all()
        assert np.array_equal(version.candidates[n, asked.answers], asked.candidates[n, asked.answers])
    for row in np.flatnonzero(own):
        assert len(set(found.own_plain.candidates[row])) == 4
        assert found.own_plain.candidates[row, found.own_place[row]] not in asked.history[row]


def test_lists_of_real_users_are_the_same_whatever_the_attack() -> None:
    asked, _ = question_lists(shop([list(range(1, 7))] * 5), CONFIG, 0)
    owned = draw(10, 0.2, 0.4, 1)
    one = questions(asked, owned, lambda titles: [f"{title} a" for title in titles], 0)
    two = questions(asked, owned, list, 0)
    assert np.array_equal(one.place, two.place) and np.array_equal(one.own.candidates, two.own.candidates)


def test_lists_are_a_type_that_keeps_them_together() -> None:
    assert isinstance(question_lists(shop([[1, 2, 3, 4]]), CONFIG, 0)[0], Lists)
