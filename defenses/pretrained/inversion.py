"""Inversion, items that a smaller change of the input lifts before most users.

- Paper: Neural Cleanse searches, class by class, the smallest trigger that sends 99% of clean inputs there: it
  minimises the cross-entropy plus a weighted norm of the trigger, and the weight rises while it succeeds and falls
  while it does not. A class is suspect if its norm lies more than two median absolute deviations below the median
  (Wang et al., S&P 2019).
- rbench: a trigger is a vector that is added to every embedded item of a history, in units of the items' root mean
  square length, so that every victim has one; SASRec normalises its input, so that a prompt's length would not count.
  It succeeds if the item comes into the top 10 of half the users drawn, who are read by their last 20 items. Searched
  are the items with the highest mean standardised score and a draw of the others, all of a block at once. The z-score
  is robust, by residuals of the logarithm of the norm on popularity.
- It sees: items that are lifted under prompts (PEA), the provider's own being used, and most that are lifted before
  everybody (BRA). On MovieLens-100K (seed 5, on which level, threshold and shortest vector were chosen, and seed 6)
  average precision is .93 and 1.00 on PEA, .76 and .55 on BRA. Beside the targets up to three honest items are flagged;
  on the two clean models none.
- It cannot see: items that are not searched, and targets that the platform's users know well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import NDArray

from ...core.interactions import Interactions
from ...core.ranges import Count, CountOrZero, Positive, Range
from ...core.seeds import generator
from .. import register
from .common.inspection import Inspection
from .common.outliers import OutlierDetector, Outliers, ThresholdConfig
from .common.residuals import Values, residual_z

if TYPE_CHECKING:
    from ...models.sequential.open_model import OpenModel

SCORES = 1 << 22
"""Scores held at once: 16 MiB, and as much again for gradients."""
WEIGHT, UP = 0.1, 1.5
"""The norm's weight at first, and what it is multiplied or divided by at each step."""


@dataclass(frozen=True)
class InversionConfig(ThresholdConfig):
    """Options of inversion."""

    threshold: Positive = 5.0
    """Robust z-score above which an item is flagged; logarithms of norms have longer tails than a normal variable."""
    highest: CountOrZero = 100
    """Items with the highest mean standardised score that are searched for."""
    drawn: Count = 150
    """Others that are searched for too, drawn by seed: what is usual is learned from all."""
    users: Count = 16
    """Users whose histories are changed, drawn by seed."""
    history: Count = 20
    """Last items of a history that are read."""
    top: Count = 10
    """Length of the list that an item is to come into."""
    level: Annotated[float, Range(above=0, most=1)] = 0.5
    """Share of the users in whose lists it is to be."""
    steps: Count = 40
    """Steps of the search."""
    rate: Positive = 0.1
    """Adam's rate: how far a vector moves in its first step."""


@register
class Inversion(OutlierDetector[InversionConfig]):
    """Flag items that a shorter vector lifts than it takes for items of like popularity."""

    paper = "Wang et al., Neural Cleanse: Identifying and Mitigating Backdoor Attacks in Neural Networks, S&P 2019"

    def outliers(self, inspection: Inspection) -> Outliers:
        """Search a vector for each item."""
        config, n_items = self.config, inspection.model.n_items
        order = 1 + np.argsort(-inspection.own_scores[1:], kind="stable")
        rng = generator(inspection.seed, "inversion")
        items = np.concatenate([order[: config.highest], rng.permutation(order[config.highest :])[: config.drawn]])
        people = np.sort(rng.permutation(inspection.users.n_users)[: config.users])
        users = inspection.users.take(people).keep_last(config.history)
        size = max(1, SCORES // ((n_items + 1) * max(1, users.n_users)))
        norms = [smallest(inspection.model, users, items[i : i + size], config) for i in range(0, len(items), size)]
        # What is shorter than a step is not told apart.
        values = -np.log(np.maximum(np.concatenate(norms), config.rate))
        z = np.zeros(n_items + 1)
        z[items] = residual_z(np.append(0.0, values), np.append(0, inspection.popularity[items]))[1:]
        return Outliers(z, config.threshold)


def smallest(model: OpenModel, users: Interactions, items: NDArray[np.integer], config: InversionConfig) -> Values:
    """Return the norms of the smallest vectors found, float64 ``[k]``, in units of the items' root mean square length.

    If none succeeds, the longest that was tried counts.

    Args:
        model: The model.
        users: The histories that a vector changes.
        items: int ``[k]``: the items to be lifted.
        config: What counts as success, and how long to search.
    """
    import torch
    from torch.nn.functional import cross_entropy

    n, device = users.n_users, model.encoder.item_embedding.weight.device
    # A row for each item and user.
    rows = users.take(np.tile(np.arange(n), len(items)))
    labels = torch.from_numpy(np.repeat(items, n).astype(np.int64) - 1).to(device)
    unit = float(np.sqrt(np.square(model.table[1:]).sum(1).mean()))
    vectors = torch.zeros(len(items), model.width, device=device, requires_grad=True)
    optimizer = torch.optim.Adam([vectors], lr=config.rate / model.width**0.5, betas=(0.5, 0.9))
    weight = torch.full((len(items),), WEIGHT, device=device)
    longest, shortest = torch.zeros_like(weight), torch.full_like(weight, torch.inf)
    for _ in range(config.steps):
        scores = model.shifted_scores(rows, unit * vectors.repeat_interleave(n, 0))[:, 1:]
        norms = (vectors.square().sum(1) + 1e-12).sqrt()
        with torch.no_grad():
            better = (scores > scores.gather(1, labels[:, None])).sum(1).view(-1, n)
            success = (better < config.top).float().mean(1) >= config.level
            shortest = torch.where(success, torch.minimum(shortest, norms), shortest)
            longest = torch.maximum(longest, norms)
            weight = torch.where(success, weight * UP, weight / UP).clamp(1e-6, 1e6)
        loss = cross_entropy(scores, labels, reduction="none").view(-1, n).mean(1) + weight * norms
        (vectors.grad,) = torch.autograd.grad(loss.sum(), [vectors])
        optimizer.step()
    found: Values = torch.where(torch.isinf(shortest), longest, shortest).double().cpu().numpy()
    return found
