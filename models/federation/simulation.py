"""The federation over all its rounds: who is selected, what the server does, what is measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...core.interactions import Interactions
from ...core.seeds import derive, generator
from .. import FederatedModel
from .adversary import Adversary, Aggregation, Coalition, Poisoning, Server
from .clients import split
from .evaluation import Evaluation
from .gradients import ClientGradients, Gradient
from .population import Population
from .settings import FederationConfig
from .threads import Team


class Simulation:
    """Trains a federated recommender and measures it after every epoch.

    Args:
        data: The benign users; each is a client.
        model: The kind of victim.
        config: Its hyper-parameters, an instance of ``model.Config``.
        federation: The protocol.
        targets: int ``[targets]``: items whose exposure is measured, and which an attack promotes.
        seed: Of everything; what benign clients draw does not depend on attack or aggregator.
        attack: Malicious clients that join, or None.
        aggregator: What the server does instead of adding up, or None.
        device: Where to compute.
        threads: Threads to compute with; results do not depend on it.

    Attributes:
        parameters: The global parameters now.
        population: The benign clients.
        evaluation: Measures exposure and accuracy.
        malicious: Number of malicious clients.

    Raises:
        UserError: If there are too few clients for the attack; in training, for the aggregator.
    """

    def __init__(
        self,
        data: Interactions,
        model: type[FederatedModel],
        config: Any,
        federation: FederationConfig,
        targets: NDArray[np.integer],
        seed: int,
        attack: Poisoning | None = None,
        aggregator: Aggregation | None = None,
        device: str = "cpu",
        threads: int = 1,
    ) -> None:
        """See the class."""
        self._team = Team(threads)
        self._federation, self._seed, self._device, self._aggregator = federation, seed, device, aggregator
        train, test = split(data, federation, generator(seed, "split"))
        self.benign = data.n_users
        self.parameters = model.build(config, data.n_items, generator(seed, "parameters"), device)
        users = model.users(config, self.benign, generator(seed, "users"), device)
        rng = generator(seed, "negatives", 0)
        self.population = Population(train, data.n_items, federation.negatives, federation.client_loss, users, rng)
        self.evaluation = Evaluation(train, test, data.n_items, targets, federation, device, self._team)
        self._server = Server(generator(seed, "server"))
        self.malicious = 0
        self._coalition: Coalition | None = None
        if attack is not None:
            self.malicious = attack.malicious(self.benign)
            own = derive(seed, "attack")
            aims = np.array(targets, np.int32)
            adversary = Adversary(self.malicious, aims, data.n_items, federation, model, config, own, device)
            self._coalition = attack.recruit(adversary)

    def run(self, report: Callable[[float], None] = lambda fraction: None) -> dict[str, Any]:
        """Go through all epochs.

        Args:
            report: Told the fraction that is done after every epoch.

        Returns:
            JSON-able: ``clients`` (benign, malicious, per_round, rounds in an epoch), ``users_exposed`` per
            target, ``users_tested``, ``chance`` (what random rankings reach), and ``epochs``, a list of tables:
            ``ER@K`` (a value per target), ``recall@K``, ``NDCG@K`` and ``loss``, the mean over benign clients
            of the mean cross-entropy of their samples as they were trained on.

        Raises:
            UserError: If there are too few clients for the aggregator.
            FloatingPointError: If training diverges.
        """
        epochs = []
        for epoch in range(self._federation.epochs):
            loss = self.train(epoch)
            epochs.append({**self.evaluation.measure(self.parameters, self.population.users), "loss": loss})
            report((epoch + 1) / self._federation.epochs)
        return {**self.describe(), "epochs": epochs}

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
        """Run one round with some clients, malicious ones counted after the benign; returns the sum of benign losses.

        Args:
            chosen: int64 ``[k]``: each client at most once.
        """
        honest = chosen < self.benign
        benign, malicious = chosen[honest], chosen[~honest] - self.benign
        wanted: Literal["total", "uploads"] = "total" if self._aggregator is None else "uploads"
        computed = self.population.compute(self.parameters, benign, wanted, self._team)
        poison = None
        if self._coalition is not None and len(malicious):
            poison = self._coalition.upload(self.parameters, malicious)
        if self._aggregator is None:
            step = computed.total() if poison is None else computed.total() + poison.total()
        else:
            parts = [computed.uploads(), *([] if poison is None else [poison])]
            step = self._aggregate(parts, torch.cat([torch.nonzero(honest)[:, 0], torch.nonzero(~honest)[:, 0]]))
        self.population.learn(benign, computed.users(), self._federation.lr)
        self.parameters = self.parameters.descend(step, self._federation.lr)
        return computed.losses().sum()

    def _aggregate(self, parts: list[ClientGradients], places: Tensor) -> Gradient:
        # In the order of selection: that benign clients come first is not the server's to know.
        uploads = ClientGradients.concatenate(parts).reorder(torch.argsort(places))
        assert self._aggregator is not None
        return self._aggregator.aggregate(uploads, self._server)

    def _rounds(self, epoch: int) -> Iterator[Tensor]:
        """Yield the epoch's rounds; benign clients keep their order among themselves whoever joins."""
        lots = generator(self._seed, "order", epoch).random(self.benign)
        more = generator(self._seed, "malicious order", epoch).random(self.malicious)
        order = torch.from_numpy(np.argsort(np.concatenate([lots, more]), kind="stable")).to(self._device)
        yield from torch.split(order, self._federation.clients_per_round)
