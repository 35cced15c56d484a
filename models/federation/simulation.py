"""The federation over all its rounds: who is selected, what the server does, what is measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...core.interactions import Interactions
from ...core.seeds import generator
from .. import FederatedModel
from .clients import split
from .evaluation.exposure import Evaluation
from .gradients import ClientGradients, Gradient, Wanted
from .parameters import Parameters
from .population import Population
from .settings import FederationConfig
from .suspicion import Judged, Suspicion, judge
from .threads import ThreadPool

Upload = Callable[[Parameters, Tensor], ClientGradients]
"""From a round's global parameters and the malicious clients selected (int64 ``[k]``, from 0) to their uploads."""
Aggregate = Callable[[ClientGradients], tuple[Gradient, Suspicion | None]]
"""From a round's uploads, in the order of selection, to what the server descends, on the scale of their sum, and whom
it distrusts, if it says so."""


class Simulation:
    """Trains a federated recommender and measures it after every epoch.

    Args:
        data: The benign users; each is a client.
        model: The victim.
        federation: The protocol.
        targets: int ``[targets]``: items whose exposure is measured.
        seed: Of everything; what benign clients draw does not depend on malicious ones or the server.
        malicious: Number of malicious clients that join.
        upload: What they upload; needed if there are any.
        aggregate: What the server does instead of adding up, or None.
        device: Where to compute.
        threads: Threads to compute with; results do not depend on it.
        audience: bool ``[users]``: whose exposure is measured apart, or None.

    Attributes:
        parameters: The global parameters now.
        population: The benign clients.
        evaluation: Measures exposure and accuracy.
    """

    def __init__(
        self,
        data: Interactions,
        model: FederatedModel,
        federation: FederationConfig,
        targets: NDArray[np.integer],
        seed: int,
        malicious: int = 0,
        upload: Upload | None = None,
        aggregate: Aggregate | None = None,
        device: str = "cpu",
        threads: int = 1,
        audience: NDArray[np.bool_] | None = None,
    ) -> None:
        self._federation, self._seed, self._device, self._pool = federation, seed, device, ThreadPool(threads)
        self.benign, self.malicious, self._upload, self._aggregate = data.n_users, malicious, upload, aggregate
        train, test = split(data, federation, generator(seed, "split"))
        self._judged: list[Judged] = []
        self.parameters = model.parameters(data.n_items, generator(seed, "parameters"), device)
        users = model.users(self.benign, generator(seed, "users"), device)
        negatives, loss = federation.negatives, federation.client_loss
        rng = generator(seed, "negatives", 0)
        self.population = Population(model, train, data.n_items, negatives, loss, users, rng)
        whole = model, train, test, data.n_items, targets, federation, device, self._pool
        self.evaluation = Evaluation(*whole, audience=audience)

    def run(self, report: Callable[[float], None] = lambda fraction: None) -> dict[str, Any]:
        """Go through all epochs.

        Args:
            report: Told the fraction that is done after every epoch.

        Returns:
            JSON-able: ``clients`` (benign, malicious, per_round, rounds in an epoch), ``users_exposed`` per
            target, ``users_tested``, ``chance`` (what random rankings reach), and ``epochs``, a list of tables:
            ``ER@K`` (a value per target), ``recall@K``, ``NDCG@K`` and ``loss``, the mean over benign clients
            of the mean cross-entropy of their samples as they were trained on. If the server said whom it distrusts,
            ``detection``: how right it was over all rounds, as ``judge`` returns it.

        Raises:
            UserError: If there are too few clients for the aggregator.
            FloatingPointError: If training diverges.
        """
        epochs = []
        for epoch in range(self._federation.epochs):
            loss = self.train(epoch)
            epochs.append({**self.evaluation.measure(self.parameters, self.population.users), "loss": loss})
            report((epoch + 1) / self._federation.epochs)
        found = {**self.describe(), "epochs": epochs}
        return found | {"detection": judge(self._judged)} if self._judged else found

    def describe(self) -> dict[str, Any]:
        """Return the sizes and the chance levels, for a record."""
        size = self._federation.clients_per_round
        clients = {
            "benign": self.benign,
            "malicious": self.malicious,
            "per_round": size,
            "rounds": -(-(self.benign + self.malicious) // size),
        }
        return {"clients": clients, **self.evaluation.describe()}

    @torch.no_grad()
    def train(self, epoch: int) -> float:
        """Let every client take part once; returns the mean benign loss, NaN-free.

        Raises:
            FloatingPointError: If a loss or a parameter is not finite.
        """
        if epoch and self._federation.resample:
            self.population.sample(generator(self._seed, "negatives", epoch))
        losses = self.parameters.items.new_zeros(())
        for chosen in self._rounds(epoch):
            losses += self.round(chosen)
        trained = int((self.population.samples.lengths > 0).sum())
        loss = float(losses) / max(1, trained)
        if not (np.isfinite(loss) and self.parameters.finite() and bool(self.population.users.isfinite().all())):
            raise FloatingPointError(
                f"federated training diverged in epoch {epoch + 1}: a parameter is not finite; lower federation.lr "
                f"(now {self._federation.lr:g})."
            )
        return loss

    def round(self, chosen: Tensor) -> Tensor:
        """Run one round with some clients; returns the sum of benign losses.

        Args:
            chosen: int64 ``[k]``: each client at most once; malicious ones are counted after the benign.
        """
        honest = chosen < self.benign
        benign, malicious = chosen[honest], chosen[~honest] - self.benign
        wanted: Wanted = "total" if self._aggregate is None else "uploads"
        computed = self.population.compute(self.parameters, benign, wanted, self._pool)
        poison = None if self._upload is None or not len(malicious) else self._upload(self.parameters, malicious)
        if computed.total is not None:
            step = computed.total if poison is None else computed.total + poison.total()
        else:
            assert computed.uploads is not None and self._aggregate is not None
            uploads = ClientGradients.concatenate([computed.uploads, *([] if poison is None else [poison])])
            # In the order of selection: that benign clients come first is not the server's to know.
            places = torch.cat([torch.nonzero(honest)[:, 0], torch.nonzero(~honest)[:, 0]])
            step, suspicion = self._aggregate(uploads.reorder(torch.argsort(places)))
            if suspicion is not None:
                self._judged.append(Judged(suspicion, (~honest).cpu().numpy()))
        self.population.learn(benign, computed.users, self._federation.lr)
        self.parameters = self.parameters.descend(step, self._federation.lr)
        return computed.losses.sum()

    def _rounds(self, epoch: int) -> Iterator[Tensor]:
        """Yield the epoch's rounds; benign clients keep their order among themselves whoever joins."""
        lots = generator(self._seed, "order", epoch).random(self.benign)
        more = generator(self._seed, "malicious order", epoch).random(self.malicious)
        order = torch.from_numpy(np.argsort(np.concatenate([lots, more]), kind="stable")).to(self._device)
        yield from torch.split(order, self._federation.clients_per_round)
