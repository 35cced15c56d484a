"""Questions to text recommenders hold together, or are refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rbench.core.text.lists import UNLABELLED, Lists

LISTS = Lists(
    titles=("", "Alien", "Heat", "Heat_5v"),
    items=np.array([0, 1, 2, 2], np.int32),
    history=np.array([[1, 0], [2, 1]], np.int32),
    liked=np.array([[True, False], [True, True]]),
    candidates=np.array([[2, 1], [3, 0]], np.int32),
    labels=np.array([[0, 1], [1, UNLABELLED]], np.int8),
)


def test_the_answer_is_the_place_of_the_label_1():
    assert LISTS.answers.tolist() == [1, 0]


def test_some_of_the_questions_keep_the_titles():
    taken = LISTS.take(np.array([1]))
    assert len(taken) == 1
    assert taken.titles == LISTS.titles
    assert taken.history.tolist() == [[2, 1]]


@pytest.mark.parametrize(
    "change",
    [
        {"liked": np.zeros((2, 3), np.bool_)},
        {"labels": np.zeros((1, 2), np.int8)},
        {"titles": ("", "Alien")},
        {"titles": ("x", "Alien", "Heat", "Heat_5v")},
        {"candidates": np.array([[4, 0], [0, 0]], np.int32)},
        {"history": np.array([[-1, 0], [0, 0]], np.int32)},
    ],
)
def test_what_does_not_fit_together_is_refused(change):
    with pytest.raises(ValueError):
        replace(LISTS, **change)
