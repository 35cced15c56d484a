"""What is asked, in training and in tests: windows of users' sequences, with candidates drawn once a seed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .....core.errors import UserError
from .....core.interactions import Interactions
from .....core.seeds import generator
from .....core.text.lists import UNLABELLED, Lists
from .settings import LEAST, TARGETS, LanguageConfig
from .titles import alike

DRAWS, LISTS = 50, 20
"""Draws for each candidate, after which a list is begun again, and how often one is begun."""


class Candidates:
    """Draws lists of titles of which none contains another.

    Args:
        titles: Every title, by row; row 0 is padding. Rows of the catalogue come first.
        n_items: Number of the catalogue's rows, padding not counted.
        size: Length of a list.
        rng: Of the draws.

    Attributes:
        drawn: How many lists were drawn.
        overlapping: In how many of them a title was drawn that contains another or is contained.
    """

    def __init__(self, titles: Sequence[str], n_items: int, size: int, rng: np.random.Generator) -> None:
        self.small = [title.lower() for title in titles]
        self.n_items, self.size, self.rng = n_items, size, rng
        self.drawn = self.overlapping = 0

    def draw(self, answer: int, shown: Collection[int]) -> tuple[list[int], int]:
        """Return rows in random order, ``answer`` among them, and the answer's place.

        The others are drawn uniformly from the catalogue; one is drawn again if it was shown, is there already, or
        if its title contains another's or is contained. If a short title leaves no others, the list is begun again.

        Args:
            answer: The answer's row.
            shown: Rows of the history, which are not drawn.

        Raises:
            UserError: If there are too few titles that fit.
        """
        before = self.overlapping
        rows = next(filter(None, (self._begun(answer, shown) for _ in range(LISTS))), None)
        if rows is None:
            raise UserError(
                f"language.candidates={self.size}: too few titles go with {self.small[answer]!r} without one that "
                "contains another; ask for fewer."
            )
        self.drawn += 1
        self.overlapping = before + (self.overlapping > before)
        order = self.rng.permutation(self.size)
        return [rows[k] for k in order], int(np.flatnonzero(order == 0)[0])

    def _begun(self, answer: int, shown: Collection[int]) -> list[int] | None:
        """Return a list's rows, the answer's first, or None if no further title was found that fits."""
        rows = [answer]
        for _ in range(DRAWS * self.size):
            row = int(self.rng.integers(self.n_items)) + 1
            if row in shown or row in rows:
                continue
            if any(alike(self.small[row], self.small[other]) for other in rows):
                self.overlapping += 1
                continue
            rows.append(row)
            if len(rows) == self.size:
                return rows
        return None


def question_users(data: Interactions, config: LanguageConfig, seed: int) -> NDArray[np.int64]:
    """Return int64 ``[n]``: who is asked: users with ``LEAST`` items before their last, or a draw of them.

    Raises:
        UserError: If there is none.
    """
    users = np.flatnonzero(data.lengths > LEAST)
    if not len(users):
        raise UserError(f"data set {data.name}: no user has {LEAST + 1} interactions, so that nobody can be asked.")
    if len(users) > config.questions:
        users = np.sort(generator(seed, "questions").choice(users, config.questions, replace=False))
    return users


def question_lists(data: Interactions, config: LanguageConfig, seed: int) -> tuple[Lists, float]:
    """Return a question a user about its last item, and the share of lists in which a title was drawn again."""
    users = question_users(data, config, seed)
    return _choices(data, config, [(user, int(data.lengths[user]) - 1) for user in users.tolist()], seed)


def choice_lists(data: Interactions, config: LanguageConfig, samples: int, seed: int) -> tuple[Lists, float]:
    """Return training lists, at most ``samples``: an item of a user before the last, and others; as ``question_lists``.

    Raises:
        UserError: If there is none.
    """
    windows = [
        (user, end)
        for user, length in enumerate(data.lengths.tolist())
        for end in range(min(config.history, max(LEAST, length - 2)), length - 1)
    ]
    return _choices(data, config, _drawn(windows, samples, seed, data.name), seed)


def like_lists(data: Interactions, config: LanguageConfig, samples: int, seed: int) -> Lists:
    """Return training lists, at most ``samples``: up to ten later titles of a user, and whether it liked each.

    Raises:
        UserError: If there is none.
    """
    assert data.liked is not None, "check_texts looks for it"
    windows = [
        (user, end)
        for user, length in enumerate(data.lengths.tolist())
        for end in range(min(config.history, max(LEAST, length - 2)), length - 1, TARGETS)
    ]
    drawn = _drawn(windows, samples, seed, data.name)
    candidates = np.zeros((len(drawn), TARGETS), np.int32)
    labels = np.full(candidates.shape, UNLABELLED, np.int8)
    for row, (user, end) in enumerate(drawn):
        first = int(data.offsets[user])
        places = np.arange(first + end, first + min(end + TARGETS, int(data.lengths[user]) - 1))
        candidates[row, : len(places)], labels[row, : len(places)] = data.items[places], data.liked[places]
    return replace(_histories(data, config, drawn), candidates=candidates, labels=labels)


def _choices(
    data: Interactions, config: LanguageConfig, windows: Sequence[tuple[int, int]], seed: int
) -> tuple[Lists, float]:
    lists = _histories(data, config, windows)
    draws = Candidates(lists.titles, data.n_items, config.candidates, generator(seed, "candidates"))
    candidates = np.zeros((len(windows), config.candidates), np.int32)
    labels = np.zeros(candidates.shape, np.int8)
    for row, (user, end) in enumerate(windows):
        answer = int(data.of(user)[end])
        candidates[row], place = draws.draw(answer, set(lists.history[row].tolist()))
        labels[row, place] = 1
    return replace(lists, candidates=candidates, labels=labels), draws.overlapping / max(1, draws.drawn)


def _drawn(windows: list[tuple[int, int]], samples: int, seed: int, name: str) -> list[tuple[int, int]]:
    if not windows:
        raise UserError(f"data set {name}: no user has {LEAST + 2} interactions, so that there is nothing to train on.")
    return [windows[k] for k in generator(seed, "windows").permutation(len(windows))[:samples].tolist()]


def _histories(data: Interactions, config: LanguageConfig, windows: Sequence[tuple[int, int]]) -> Lists:
    """Return lists without candidates: the last items of a user before each window's end."""
    history = np.zeros((len(windows), config.history), np.int32)
    liked = np.zeros(history.shape, np.bool_)
    for row, (user, end) in enumerate(windows):
        first = int(data.offsets[user])
        places = np.arange(first + max(0, end - config.history), first + end)
        history[row, : len(places)] = data.items[places]
        if data.liked is not None:
            liked[row, : len(places)] = data.liked[places]
    nothing = np.zeros((len(windows), 0), np.int32)
    items = np.arange(data.n_items + 1, dtype=np.int32)
    return Lists(("", *data.titles), items, history, liked, nothing, nothing.astype(np.int8))
