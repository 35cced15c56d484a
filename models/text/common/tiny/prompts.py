"""Lists as rows of tokens: a history of titles, then candidates, each title closed by a marker.

- ``choose``: ``<s> title <h> ... title <h> <a> title <c> ... title <c> <a>``; one question about all candidates.
- ``yesno``: ``<s> <l> liked titles <d> disliked titles <a> title <c> title <c> ...``; every candidate is a question of
  its own, and the candidates do not see each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .....core.text.lists import Lists
from .tokenizer import ANSWER, BEGIN, CANDIDATE, DISLIKED, LIKED, PAD, SEEN


@dataclass(frozen=True, eq=False)
class Batch:
    """Some lists, padded on the right to the same width.

    Attributes:
        tokens: int64 ``[b, w]``.
        titles: int64 ``[b, w]``; at markers the row, in ``rows``, of the title that they close, elsewhere 0.
        segments: int64 ``[b, w]``; 0 for what all candidates see, k for the k-th candidate's own tokens.
        markers: int64 ``[b, c]``; where each candidate's marker is, 0 where there is none.
        last: int64 ``[b]``; where the last token is.
        rows: int64 ``[titles of the batch]``; rows of the lists' titles, the first being 0.
    """

    tokens: Tensor
    titles: Tensor
    segments: Tensor
    markers: Tensor
    last: Tensor
    rows: NDArray[np.int64]


def batch_of(lists: Lists, spelt: Sequence[NDArray[np.int64]], yes_or_no: bool) -> Batch:
    """Write lists as tokens.

    Args:
        lists: The lists.
        spelt: The tokens of each of their titles.
        yes_or_no: Which of the two forms.
    """
    used = np.unique(np.concatenate([[0], lists.history.ravel(), lists.candidates.ravel()])).astype(np.int64)
    place = {row: k for k, row in enumerate(used.tolist())}
    tokens = {row: spelt[row].tolist() for row in place}
    prompts = [_Prompt(tokens, place) for _ in range(len(lists))]
    for i, prompt in enumerate(prompts):
        seen = [row for row in lists.history[i].tolist() if row]
        liked = lists.liked[i].tolist()
        prompt.say(BEGIN)
        if yes_or_no:
            prompt.say(LIKED).name((row for row, like in zip(seen, liked, strict=False) if like), SEEN)
            prompt.say(DISLIKED).name((row for row, like in zip(seen, liked, strict=False) if not like), SEEN)
        else:
            prompt.name(seen, SEEN)
        prompt.say(ANSWER).ask(lists.candidates[i].tolist())
        if not yes_or_no:
            prompt.say(ANSWER)
    return Batch(
        _padded([prompt.tokens for prompt in prompts], PAD),
        _padded([prompt.titles for prompt in prompts], 0),
        _padded([prompt.segments for prompt in prompts], -1),
        _padded([prompt.markers for prompt in prompts], 0),
        torch.tensor([len(prompt.tokens) - 1 for prompt in prompts]),
        used,
    )


class _Prompt:
    """One row while it is written."""

    def __init__(self, spelt: dict[int, list[int]], place: dict[int, int]) -> None:
        self.spelt, self.place = spelt, place
        self.tokens: list[int] = []
        self.titles: list[int] = []
        self.segments: list[int] = []
        self.markers: list[int] = []

    def say(self, token: int) -> _Prompt:
        self.tokens.append(token)
        self.titles.append(0)
        self.segments.append(0)
        return self

    def name(self, rows: Iterable[int], marker: int, segment: int = 0) -> _Prompt:
        for row in rows:
            own = self.spelt[row]
            self.tokens += (*own, marker)
            self.titles += (*([0] * len(own)), self.place[row])
            self.segments += [segment] * (len(own) + 1)
        return self

    def ask(self, rows: Sequence[int]) -> None:
        for k, row in enumerate(rows, 1):
            if row:
                self.name([row], CANDIDATE, k)
            self.markers.append(len(self.tokens) - 1 if row else 0)


def _padded(rows: Sequence[Sequence[int]], fill: int) -> Tensor:
    padded = np.full((len(rows), max(map(len, rows))), fill, np.int64)
    for place, row in zip(padded, rows, strict=True):
        place[: len(row)] = row
    return torch.from_numpy(padded)
