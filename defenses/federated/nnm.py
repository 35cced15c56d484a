"""NNM, nearest-neighbour mixing (Allouah et al., Fixing by Mixing, AISTATS 2023), before another rule.

- Paper: every client's gradient gives way to the mean of the n − f nearest to it, itself among them; then any rule
  follows, e.g. the trimmed mean. f is the number of malicious clients that the server reckons with.
- rbench: the rule named ``rule`` follows, with its own defaults, but the same rows and ``byzantine``. Item rows are
  mixed among their uploaders, all else among all clients; a row with fewer than 1/``byzantine`` uploaders becomes their
  mean.
  With ``rows=all`` what a client uploads is one vector, with zeros where it does not upload a row, as in the paper. Of
  equally far ones at the edge, all are mixed in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from ...core.methods import find, make
from .. import Aggregator, Server, register, registry
from .common.krum import ByzantineConfig, assumed, squared_distances

if TYPE_CHECKING:
    from torch import Tensor

    from ...models.federation.gradients import ClientGradients, Gradient


@dataclass(frozen=True)
class NNMConfig(ByzantineConfig):
    """Options of nearest-neighbour mixing."""

    rule: str = "trimmed-mean"
    """Name of the aggregator that follows."""

    def __post_init__(self) -> None:
        """Refuse names that are no aggregator, or mixing itself."""
        super().__post_init__()
        if issubclass(find(registry, self.rule, Aggregator).Config, NNMConfig):
            raise ValueError(f"rule={self.rule} cannot follow itself; choose another aggregator.")

    @property
    def parts(self) -> Mapping[str, type[Any]]:
        """The rule that follows, by name."""
        return {self.rule: registry.get(self.rule)}


@register
class NNM(Aggregator[NNMConfig]):
    """Replace every gradient by the mean of its nearest neighbours, and follow another rule."""

    paper = "Allouah et al., Fixing by Mixing: A Recipe for Optimal Byzantine ML under Heterogeneity, AISTATS 2023"

    def check(self, clients: int) -> None:
        """Refuse rounds that are too small for the rule that follows."""
        self._rule().check(clients)

    def aggregate(self, gradients: ClientGradients, server: Server) -> Gradient:
        """Return what the rule makes of the mixed gradients."""
        mixed = self._over_all(gradients) if self.config.rows == "all" else self._over_uploaders(gradients)
        return self._rule().aggregate(mixed, server)

    def _rule(self) -> Aggregator[Any]:
        names = {field.name for field in fields(registry.get(self.config.rule).Config)}
        own = {"rows": self.config.rows, "byzantine": self.config.byzantine}
        return make(registry, self.config.rule, {k: v for k, v in own.items() if k in names}, Aggregator)

    def _over_uploaders(self, gradients: ClientGradients) -> ClientGradients:
        from dataclasses import replace

        from ...models.federation.uploaders import Uploaders

        rows = gradients.rows.clone()
        for block in Uploaders(gradients).blocks():
            vectors = gradients.rows[block.places]
            rows[block.places] = self._weights(squared_distances(vectors)).to(rows) @ vectors
        weights = self._weights(squared_distances(gradients.others)).to(rows)
        return replace(gradients, rows=rows, others=weights @ gradients.others)

    def _over_all(self, gradients: ClientGradients) -> ClientGradients:
        import torch

        from ...models.federation.gradients import ClientGradients

        weights = self._weights(gradients.squared_distances().fill_diagonal_(-1.0)).to(gradients.rows)
        items = torch.unique(gradients.items)
        n, width = len(gradients), gradients.rows.shape[1]
        mixed = weights @ gradients.dense(items).permute(2, 0, 1).reshape(n, -1)
        clients = torch.arange(n, device=items.device).repeat_interleave(len(items))
        return ClientGradients(
            gradients.n_items, clients, items.repeat(n), mixed.view(-1, width), weights @ gradients.others
        )

    def _weights(self, distances: Tensor) -> Tensor:
        """Return ``[..., n, n]``: for each client how much of every client is mixed in; rows have the sum 1."""
        from ...models.federation.columns import ascending

        n = distances.shape[-1]
        edge = ascending(distances)[..., n - assumed(n, self.config.byzantine) - 1, None]
        near = (distances <= edge).to(distances)
        return near / near.sum(-1, keepdim=True)
