"""SeqPoison, fake users whose histories a generator writes (Wang et al., SIGIR 2023).

- Paper: fake users join the data of a pre-training that supervises itself. Their histories come from a generator that
  is trained against a discriminator, so that they look like real users', and against a classifier of contexts, so that
  parts of them fit into real histories, while it is pushed to the target item. Nothing of the model is known to it.
- Released code: a recurrent generator, learned on real histories for 20 epochs; a discriminator with two recurrent
  layers in both directions; convolutions that tell a segment of a history from another user's. The generator's loss
  adds up the likelihood of the target at nine of ten places (weight 0.2), and policy gradients of what classifier
  (0.3) and discriminator (0.5) say. Of 100 adversarial rounds one around the seventieth is taken; in the published
  output about half of what is written then names the target, and the rest is thrown away. A user has the target once
  where real users repeat nothing. The classifier's loss takes probabilities for their logarithms.
- rbench: the same with several targets, one drawn for every place; after the end of a history nothing counts; the
  round is the first in which half of what is written holds a target; the discriminator sees fewer histories a round,
  and the classifier has fewer filters (see common/profile_writer.py), an Adam, and the ordinary cross-entropy. What
  it needs of real users is what they show to everybody: the provider's users without the items that are held out, or
  the share ``public`` of them. If no target is written in many attempts, one takes a random place but the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from ...core import seeds
from ...core.errors import UserError
from ...core.ranges import Count, Range
from .. import FakeUserAttack, Outsider, register
from .common.profiles import FakeUsersConfig

ATTEMPTS = 50
"""Histories that are written for every fake user, at most, until one holds a target."""
Weight = Annotated[float, Range(0)]


@dataclass(frozen=True)
class SeqPoisonConfig(FakeUsersConfig):
    """Options of SeqPoison."""

    public: Annotated[float, Range(above=0, most=1)] = 1.0
    """Share of the provider's users whose histories anybody can read."""
    epochs: Count = 20
    """Epochs in which the generator and the classifier of contexts learn from real histories."""
    rounds: Annotated[int, Range(0)] = 100
    """Rounds of generator against discriminator, at most: until half of what is written holds a target."""
    push: Weight = 0.2
    """Weight of the targets' likelihood."""
    context: Weight = 0.3
    """Weight of what the classifier of contexts says."""
    look: Weight = 0.5
    """Weight of what the discriminator says."""


@register
class SeqPoison(FakeUserAttack[SeqPoisonConfig]):
    """Let fake users do what a generator writes, which learned to look like real users and to name the targets."""

    paper = "Wang et al., Poisoning Self-supervised Learning Based Sequential Recommendations, SIGIR 2023"

    @property
    def reads(self) -> float:
        """The share of users whose histories are public."""
        return self.config.public

    def profiles(self, outsider: Outsider) -> list[NDArray[np.integer]]:
        """Train a generator and let it write them.

        Raises:
            UserError: If no history can be read.
        """
        from ...models.sequential.randomness import seeded
        from .common.profile_writer import Effort, ProfileWriter

        config, n_items = self.config, len(outsider.popularity) - 1
        if not outsider.histories:
            raise UserError(f"{self.name}: no user has a history that can be read.")
        rng = seeds.generator(outsider.seed, "profiles")
        effort = Effort(config.epochs, config.rounds, (config.push, config.context, config.look))
        repeated = any(len({*items.tolist()}) < len(items) for items in outsider.histories)
        found: list[NDArray[np.integer]] = []
        with seeded(outsider.seed, "profiles"):
            writer = ProfileWriter(outsider.histories, outsider.targets, n_items, config.length, effort, rng)
            for _ in range(ATTEMPTS):
                for row in writer.generator.write(outsider.users, config.length).numpy():
                    profile = row[row > 0] if repeated else once(row[row > 0])
                    if np.isin(profile[1:], outsider.targets).any():
                        found.append(profile)
                if len(found) >= outsider.users:
                    return found[: outsider.users]
            missing = writer.generator.write(outsider.users - len(found), config.length).numpy()
        return found + [self._with_target(once(row[row > 0]), outsider, rng) for row in missing]

    def _with_target(
        self, profile: NDArray[np.integer], outsider: Outsider, rng: np.random.Generator
    ) -> NDArray[np.integer]:
        """Return what was written without targets, with one at a random place but the first."""
        others = np.setdiff1d(np.arange(1, len(outsider.popularity)), outsider.targets)
        profile = profile[~np.isin(profile, outsider.targets)]
        if not len(profile):
            profile = rng.choice(others if len(others) else outsider.targets, 1)
        place = int(rng.integers(1, len(profile) + 1))
        whole: list[int] = [*profile[:place].tolist(), int(rng.choice(outsider.targets)), *profile[place:].tolist()]
        return np.array(whole)


def once(items: NDArray[np.integer]) -> NDArray[np.integer]:
    """Return every item where it comes first."""
    kept: NDArray[np.integer] = items[np.sort(np.unique(items, return_index=True)[1])]
    return kept
