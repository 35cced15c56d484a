"""Centered clipping (Karimireddy, He and Jaggi, Learning from History for Byzantine Robust Optimization, ICML 2021).

- Paper: what the server did in the round before is the centre v. Every client's difference to it is shortened to length
  τ, and the centre moves by the mean of these; l times a round. Clients send momentum, to which its τ is fitted.
- rbench: clients send gradients, and the centre is multiplied by their number, so that the learning rate means what it
  means for a sum. ``radius=0`` takes for τ the median of the round's distances, which needs no tuning. Item rows are
  taken over their uploaders, each with a centre of its own that rests while nobody uploads it; ``rows=all`` is the
  paper's rule, with one centre for all that a client uploads. Before the first round the centre is zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from ...core.ranges import Count, Range
from .. import Aggregator, Server, register
from .common.rows import RowsConfig, distrust, middle

if TYPE_CHECKING:
    from torch import Tensor

    from ...models.federation.gradients import ClientGradients, Gradient


@dataclass(frozen=True)
class CenteredClippingConfig(RowsConfig):
    """Options of centered clipping."""

    radius: Annotated[float, Range(0)] = 0.0
    """Largest distance τ from the centre; 0 takes the median of the round's distances."""
    iterations: Count = 1
    """Times l that the centre moves in a round."""


@register
class CenteredClipping(Aggregator[CenteredClippingConfig]):
    """Follow the last step, and let no client pull it away by more than a radius."""

    paper = "Karimireddy et al., Learning from History for Byzantine Robust Optimization, ICML 2021"

    def aggregate(self, gradients: ClientGradients, server: Server) -> Gradient:
        """Return the centre times the number of clients, or of an item's uploaders."""
        from ...models.federation.gradients import Gradient

        given, memory = gradients, server.memory
        items = memory.get("items", given.rows.new_zeros(given.n_items + 1, given.rows.shape[1]))
        others = memory.get("others", given.others.new_zeros(given.others.shape[1]))
        uploaders = given.items.bincount(minlength=len(items)).to(given.rows)[:, None]
        for _ in range(self.config.iterations):
            rows_by, others_by = self._scales(given, items, others)
            # v + mean of the shortened differences.
            if self.config.rows == "all":
                moved = given.scaled(rows_by, others_by)
                n, rest = len(given), 1 - others_by.mean()
                items, others = rest * items + moved.items / n, rest * others + moved.others / n
            else:
                steps = rows_by[:, None] * (given.rows - items[given.items]) / uploaders[given.items]
                items = items.index_add(0, given.items, steps)
                others = others + others_by @ (given.others - others) / len(given)
        memory |= {"items": items, "others": others}
        distrust(given, server, 1 - rows_by, 1 - others_by)
        if self.config.rows == "all":
            return Gradient(items * len(given), others * len(given))
        return Gradient(items * uploaders, others * len(given))

    def _scales(self, given: ClientGradients, items: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
        """Return what differences to the centre are multiplied by: of item rows, and of each client's all else."""
        if self.config.rows == "all":
            # |x - v|² is |v|² and, for each row of x, what it changes where there would be zeros.
            centre = items[given.items]
            changes = (given.rows - centre).square().sum(1) - centre.square().sum(1)
            from_rows = items.square().sum() + changes.new_zeros(len(given)).index_add(0, given.clients, changes)
            scale = self._scale((from_rows.clamp(min=0) + (given.others - others).square().sum(1)).sqrt())
            return scale[given.clients], scale
        rows = (given.rows - items[given.items]).norm(dim=1)
        bounds = None if self.config.radius else middle(given, rows)
        return self._scale(rows, bounds), self._scale((given.others - others).norm(dim=1))

    def _scale(self, distances: Tensor, bounds: Tensor | None = None) -> Tensor:
        if bounds is None:
            bounds = distances.new_tensor(self.config.radius) if self.config.radius else distances.quantile(0.5)
        return (bounds / distances.clamp(min=1e-30)).clamp(max=1.0)
