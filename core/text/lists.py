"""What a text recommender is asked: histories and candidates as rows of a table of titles, with the answers."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

UNLABELLED = -1
"""The label of a place without a candidate, and of a candidate about which nothing is known."""


@dataclass(frozen=True, eq=False)
class Lists:
    """Questions to a text recommender: which of the candidates comes next, or which of them does the user like.

    An item's title as the catalogue has it stands in the row of its id. Further rows hold titles that stand in
    some questions only.

    Attributes:
        titles: Every title that occurs, by row; row 0 is padding and empty.
        items: int32 ``[titles]``; the item of each title, 0 for padding.
        history: int32 ``[n, h]``; rows of titles that the user has interacted with, oldest first, then 0.
        liked: bool ``[n, h]``; whether the user liked them.
        candidates: int32 ``[n, c]``; rows of titles that the question is about, then 0.
        labels: int8 ``[n, c]``; 1 for the next item, or a liked one, 0 for others, ``UNLABELLED`` where unknown.
    """

    titles: tuple[str, ...]
    items: NDArray[np.int32]
    history: NDArray[np.int32]
    liked: NDArray[np.bool_]
    candidates: NDArray[np.int32]
    labels: NDArray[np.int8]

    def __post_init__(self) -> None:
        """Hold the shapes against each other.

        Raises:
            ValueError: If two differ that must agree, or a row of titles is out of range.
        """
        rows = {len(array) for array in (self.history, self.liked, self.candidates, self.labels)}
        if len(rows) > 1 or self.history.shape != self.liked.shape or self.candidates.shape != self.labels.shape:
            raise ValueError("history and liked, candidates and labels, and the number of rows must agree.")
        if len(self.titles) != len(self.items) or not self.titles or self.titles[0]:
            raise ValueError("titles and items must be as many, and row 0 must be empty.")
        for named in (self.history, self.candidates):
            if named.size and not 0 <= named.min() <= named.max() < len(self.titles):
                raise ValueError(f"rows of titles are 0 to {len(self.titles) - 1}.")

    def __len__(self) -> int:
        """Number of questions."""
        return len(self.history)

    @property
    def answers(self) -> NDArray[np.int64]:
        """int64 ``[n]``: the place, among the candidates, of the first that is labelled 1."""
        return np.asarray(np.argmax(self.labels == 1, axis=1), np.int64)

    def take(self, rows: NDArray[np.integer] | NDArray[np.bool_]) -> Lists:
        """Return some of the questions, over the same titles."""
        cut = {name: getattr(self, name)[rows] for name in ("history", "liked", "candidates", "labels")}
        return replace(self, **cut)
