"""What a provider can do so that detectors which read a model's scores see nothing.

- Detectors: ``alignment`` takes an item's standardised score, averaged over the platform's users; ``prompt-probe`` the
  same under random soft tokens; ``history-probe`` the 0.9 quantile over histories of one item. Each compares items of
  like popularity by median and median absolute deviation, and suspects an item 3.5 deviations above.
  ``group-contrast`` takes the mean inside a group of users less that outside, and compares all items, for every group.
  ``acceptance`` counts who is shown an item in the top 10 at any time, and who takes it, by a beta-binomial test.
- rbench: the attacker knows these definitions and its own data, nothing of the platform's. At every step it computes
  the targets' deviations z on the batch's histories and adds weight × mean(max(0, z - limit)²) to the loss. For the
  first three, values are standardised by medians within quarters of its own popularity; detectors fit a monotone
  curve through popularity first, which the attacker leaves out. A batch says little of groups and of who is shown
  what, so that these two are estimated over past batches too (:mod:`.estimates`).

It is in the manner of adaptive attacks on detectors of adversarial examples (Carlini and Wagner, AISec 2017): what is
detected is made a term of the loss.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ....core.interactions import Interactions
from ....core.seeds import generator
from .estimates import Contrasts, Shown, middle_and_scale, standardised

if TYPE_CHECKING:
    from torch import Tensor

    from ....models.sequential.batch import Batch
    from ....models.sequential.encoder import SequenceEncoder
    from ....models.sequential.open_model import OpenModel

PROMPTS = 2
"""Random soft tokens a step."""
HISTORIES = 128
"""Histories of one item a step."""


class Evasion:
    """A term of the loss that keeps targets below what detectors suspect.

    Args:
        data: The provider's users; its popularity is what items are compared by.
        targets: int32 ``[targets]``.
        against: Names of detectors, of ``alignment``, ``prompt-probe``, ``history-probe``, ``group-contrast`` and
            ``acceptance``.
        weight: Of the term.
        limit: Deviations from which it counts.
        seed: Of random tokens, histories and positions.
        honest: The honest pre-training, opened; ``acceptance`` needs it.
    """

    def __init__(
        self,
        data: Interactions,
        targets: NDArray[np.int32],
        against: Sequence[str],
        weight: float,
        limit: float,
        seed: int,
        honest: OpenModel | None = None,
    ) -> None:
        """Sort items by popularity into quarters, and those that nobody has."""
        counts = data.drop_last(2).item_counts()[1:]
        seen = counts[counts > 0]
        edges = np.unique(np.quantile(seen, [0, 0.25, 0.5, 0.75])) if len(seen) else np.array([1.0])
        strata = np.searchsorted(edges, counts, side="right")
        ours = strata[targets - 1]
        self.strata = [(np.flatnonzero(strata == s), np.flatnonzero(ours == s)) for s in np.unique(ours)]
        self.targets, self.against, self.weight, self.limit = targets - 1, against, weight, limit
        self.rng = generator(seed, "evasion")
        self.contrasts = Contrasts(data, targets) if "group-contrast" in against else None
        self.shown = Shown(data, targets, limit, honest, self.rng) if "acceptance" in against and honest else None

    def __call__(self, encoder: SequenceEncoder, batch: Batch) -> Tensor:
        """Return the term for the network as it is, on a batch's histories."""
        terms = [(z - self.limit).relu().square().mean() for z in self._deviations(encoder, batch)]
        return self.weight * sum(terms[1:], terms[0])

    def z(self, values: Tensor) -> Tensor:
        """Return the targets' deviations: float ``[targets]``.

        Args:
            values: float ``[n_items]``; no gradient flows to what is usual.
        """
        import torch

        z = torch.zeros(len(self.targets), dtype=values.dtype, device=values.device)
        for inside, ours in self.strata:
            middle, scale = middle_and_scale(values[torch.from_numpy(inside)])
            places = torch.from_numpy(ours)
            z = z.index_put((places,), (values[torch.from_numpy(self.targets[ours]).long()] - middle) / scale)
        return z

    def _deviations(self, encoder: SequenceEncoder, batch: Batch) -> Iterator[Tensor]:
        yield from map(self.z, self._values(encoder, batch))
        if self.contrasts is not None:
            yield self.contrasts(encoder, batch)
        if self.shown is not None:
            yield self.shown(encoder, batch)

    def _values(self, encoder: SequenceEncoder, batch: Batch) -> Iterator[Tensor]:
        import torch

        device = batch.items.device
        if "alignment" in self.against:
            yield standardised(encoder.scores(batch.items, batch.lengths, batch.prompt)).mean(0)
        if "prompt-probe" in self.against:
            width = encoder.item_embedding.weight.shape[1]
            tokens = torch.from_numpy(self.rng.standard_normal((PROMPTS, width)).astype(np.float32)).to(device)
            for token in tokens if encoder.takes_prompts else ():
                prompt = token.expand(len(batch.items), 1, 1, width)
                yield standardised(encoder.scores(batch.items, batch.lengths, prompt)).mean(0)
        if "history-probe" in self.against:
            items = self.rng.integers(1, len(encoder.item_embedding.weight), (HISTORIES, 1)).astype(np.int32)
            ones = torch.ones(HISTORIES, dtype=torch.long, device=device)
            alone = replace(batch, items=torch.from_numpy(items).to(device), lengths=ones)
            yield standardised(encoder.scores(alone.items, alone.lengths)).quantile(0.9, 0)
