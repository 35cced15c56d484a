"""Inversion, items that a small change of the input lifts before most users."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import NDArray

from ...core.interactions import Interactions
from ...core.ranges import Count, Positive, Range
from ...core.seeds import generator
from .. import register
from .common.inspection import Inspection
from .common.outliers import OutlierDetector, Outliers, ThresholdConfig
from .common.residuals import residual_z

if TYPE_CHECKING:
    from ...models.sequential.open_model import OpenModel

ROWS = 1 << 22


@dataclass(frozen=True)
class InversionConfig(ThresholdConfig):
    """Options of inversion."""

    candidates: Count = 200
    users: Count = 16
    history: Count = 20
    top: Count = 10
    level: Annotated[float, Range(above=0, most=1)] = 0.9
    steps: Count = 60
    rate: Positive = 0.1
    cost: Positive = 0.1


@register
class Inversion(OutlierDetector[InversionConfig]):
    """Flag items that a shorter vector lifts than other items of their popularity."""

    paper = "Wang et al., Neural Cleanse, S&P 2019"

    def outliers(self, inspection: Inspection) -> Outliers:
        """Search a vector for each candidate."""
        config, model = self.config, inspection.model
        scores = inspection.own_scores
        items = 1 + np.argsort(-scores[1:], kind="stable")[: config.candidates]
        n = inspection.users.n_users
        drawn = np.sort(generator(inspection.seed, "inverted users").permutation(n)[: config.users])
        users = last(inspection.users.take(drawn), config.history)
        block = max(1, ROWS // ((model.n_items + 1) * users.n_users))
        norms = np.concatenate(
            [smallest(model, users, items[i : i + block], config) for i in range(0, len(items), block)]
        )
        z = np.zeros(model.n_items + 1)
        own = residual_z(np.concatenate([[0], -norms]), np.concatenate([[0], inspection.popularity[items]]))
        z[items] = own[1:]
        self.norms = dict(zip(items.tolist(), norms))
        return Outliers(z, config.threshold)


def last(data: Interactions, n: int) -> Interactions:
    lengths = np.minimum(data.lengths, n)
    items = np.concatenate([data.of(user)[-n:] for user in range(data.n_users)])
    return replace(data, items=items, offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))


def smallest(
    model: OpenModel, users: Interactions, items: NDArray[np.integer], config: InversionConfig
) -> NDArray[np.float64]:
    import torch
    import torch.nn.functional as F

    k, m = len(items), users.n_users
    rows = users.take(np.tile(np.arange(m), k))
    unit = float(np.sqrt(np.square(model.table[1:]).sum(1).mean()))
    labels = torch.from_numpy(np.repeat(items, m)) - 1
    vectors = torch.zeros(k, model.width, requires_grad=True)
    optimizer = torch.optim.Adam([vectors], lr=config.rate / np.sqrt(model.width), betas=(0.5, 0.9))
    cost = torch.full((k,), config.cost)
    best = torch.full((k,), torch.inf)
    for _ in range(config.steps):
        scores = model.shifted_scores(rows, (unit * vectors).repeat_interleave(m, 0))[:, 1:]
        own = scores.gather(1, labels[:, None])
        with torch.no_grad():
            hit = ((scores > own).sum(1) < config.top).view(k, m).float().mean(1) >= config.level
            size = vectors.norm(dim=1)
            best = torch.where(hit, torch.minimum(best, size), best)
            cost = torch.where(hit, cost * 1.5, cost / 1.5)
        loss = (
            F.cross_entropy(scores, labels, reduction="none").view(k, m).mean(1)
            + cost * (vectors.square().sum(1) + 1e-12).sqrt()
        )
        (vectors.grad,) = torch.autograd.grad(loss.sum(), [vectors])
        optimizer.step()
    worst = vectors.detach().norm(dim=1).max()
    return (
        torch.where(
            torch.isinf(best),
            torch.maximum(worst, best[~torch.isinf(best)].max() if (~torch.isinf(best)).any() else worst),
            best,
        )
        .double()
        .numpy()
    )
