"""What a platform sees when it asks a model for scores: after its users' histories, by group, under prompts."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ....core.interactions import Interactions
from ....core.seeds import generator
from ... import Handed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ....models.sequential.open_model import Prompt

Values = NDArray[np.float64]
USERS = 2000
"""Users looked at, at most; drawn by seed."""
LEAST = 20
"""Users that a group, and all others together, must have."""


class Inspection:
    """A platform's model, opened, and the histories after which it is asked; test items are left out.

    Attributes:
        model: The model, opened.
        seed: The defense's own.
        users: Histories of the users looked at.
        popularity: int64 ``[n_items + 1]``: interactions of all users.
    """

    def __init__(self, held: Handed) -> None:
        """Open the model; draw users if they are many."""
        data = held.data.drop_last(1)
        able = np.flatnonzero(data.lengths > 0)
        if len(able) > USERS:
            able = np.sort(generator(held.seed, "inspected users").choice(able, USERS, replace=False))
        self.model = held.victim.open(held.pretrained, data)
        self.seed, self.users, self.popularity = held.seed, data.take(able), data.item_counts()

    def standardised(self, histories: Interactions, prompt: Prompt = "own") -> Iterator[NDArray[np.float32]]:
        """Yield scores less their mean, over their standard deviation, both over all items after the same history.

        Yields:
            float32 ``[k, n_items + 1]`` for the next k users of ``histories``; 0 for padding.
        """
        for scores in self.model.scores(histories, prompt):
            items = scores[:, 1:]
            items = items - items.mean(1, keepdims=True)
            items /= np.maximum(items.std(1, keepdims=True), 1e-9)
            yield np.concatenate([np.zeros((len(items), 1), np.float32), items], 1)

    def mean_scores(self, prompt: Prompt = "own") -> Values:
        """Return float64 ``[n_items + 1]``: each item's standardised score, averaged over the users."""
        total = np.zeros(self.model.n_items + 1)
        for scores in self.standardised(self.users, prompt):
            total += scores.sum(0, dtype=np.float64)
        return total / max(self.users.n_users, 1)

    @cached_property
    def own_scores(self) -> Values:
        """:meth:`mean_scores` of the model as it is, with its own prompts if it has any."""
        return self.mean_scores()

    @cached_property
    def group_scores(self) -> list[tuple[str, Values, Values]]:
        """For each group of users, its name and :meth:`mean_scores` of those inside and outside.

        A group is the users with one value of one attribute. It has at least 20 users, and so have the others.
        """
        masks = {
            f"{name}:{value}": attribute.codes == code
            for name, attribute in self.users.attributes.items()
            for code, value in enumerate(attribute.values, 1)
        }
        n_users = self.users.n_users
        masks = {name: mask for name, mask in masks.items() if LEAST <= mask.sum() <= n_users - LEAST}
        inside, everybody = {name: np.zeros(self.model.n_items + 1) for name in masks}, np.zeros(self.model.n_items + 1)
        first = 0
        for scores in self.standardised(self.users):
            everybody += scores.sum(0, dtype=np.float64)
            for name, mask in masks.items():
                inside[name] += scores[mask[first : first + len(scores)]].sum(0, dtype=np.float64)
            first += len(scores)
        return [
            (name, inside[name] / mask.sum(), (everybody - inside[name]) / (~mask).sum())
            for name, mask in masks.items()
        ]

    def random_prompts(self, n: int) -> list[NDArray[np.float32]]:
        """Return n standard normal soft tokens, float32 ``[d]`` each; none if the model takes no prompts."""
        if not self.model.takes_prompts:
            return []
        draws = generator(self.seed, "random prompts").standard_normal((n, self.model.width))
        return list(draws.astype(np.float32))
