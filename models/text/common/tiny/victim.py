"""The small transformer as a victim: its tokenizer, its training and its scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from .....core.errors import UserError
from .....core.seeds import generator
from .....core.text.lists import UNLABELLED, Lists
from ....sequential.randomness import seeded
from ... import TextWeights
from ..config import TextConfig
from .network import TitleTransformer
from .prompts import Batch, batch_of
from .tokenizer import TitleTokenizer

WARM_UP, LEAST, CLIP, DECAY, BETAS = 50, 0.02, 1.0, 0.01, (0.9, 0.98)
RATE = 4e-3
ASKED = 64
"""Lists that are scored at once."""


@dataclass(frozen=True, eq=False)
class TinyVictim:
    """A small transformer with its options; holds no parameters.

    Attributes:
        config: Its options.
        yes_or_no: Whether every candidate is a question of its own.
        embeddings: float32 ``[n_items + 1, k]``, or None: see ``TitleTransformer``. In training they are left out of
            a batch with a probability that falls from 1 to 0, as in LLaRA's curriculum.
        device: Where to compute.
    """

    config: TextConfig
    yes_or_no: bool
    embeddings: NDArray[np.float32] | None = None
    device: str = "cpu"

    def train(
        self,
        lists: Lists,
        seed: int,
        start: TextWeights | None = None,
        epochs: int | None = None,
        lr: float | None = None,
        report: Callable[[float], None] = lambda fraction: None,
    ) -> tuple[TextWeights, dict[str, Any]]:
        """Train with AdamW: 50 steps of warm-up, then linear decay; see ``TextVictim``."""
        config, epochs, lr = self.config, epochs or self.config.epochs, lr or self.config.lr or RATE
        tokenizer = (
            TitleTokenizer(start.tokenizer) if start else TitleTokenizer.made_for(lists.titles[1:], config.vocabulary)
        )
        network = self._network(tokenizer, start, seed)
        spelt = tokenizer.spell(lists.titles)
        rng, size = generator(seed, "batches"), config.batch_size
        steps = -(-len(lists) // size) * epochs
        optimizer = torch.optim.AdamW(network.parameters(), lr=lr, weight_decay=DECAY, betas=BETAS)
        pace = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: min((step + 1) / WARM_UP, max(LEAST, 1 - step / steps))
        )
        step, losses = 0, []
        for _ in range(epochs):
            total = 0.0
            order = rng.permutation(len(lists))
            for first in range(0, len(order), size):
                rows = lists.take(order[first : first + size])
                text_only = self.embeddings is not None and bool(rng.random() > step / steps)
                scores = network(self._batch(rows, spelt), spelt, lists.items, text_only)
                loss = self._loss(scores, torch.from_numpy(rows.labels).to(self.device))
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]  # torch's
                torch.nn.utils.clip_grad_norm_(network.parameters(), CLIP)
                optimizer.step()
                pace.step()
                step += 1
                total += float(loss.detach())
                report(step / steps)
            losses.append(round(total / -(-len(order) // size), 4))
        weights = {name: value.detach().cpu().numpy() for name, value in network.state_dict().items()}
        parameters = sum(parameter.numel() for parameter in network.parameters())
        log = {"loss": losses, "parameters": parameters, "lists": len(lists)}
        return TextWeights(weights, tokenizer.to_json()), log

    def open(self, trained: TextWeights) -> TinyScorer:
        """Return it ready to be asked.

        Raises:
            UserError: If the weights do not fit.
        """
        tokenizer = TitleTokenizer(trained.tokenizer)
        return TinyScorer(self, tokenizer, self._network(tokenizer, trained).eval().requires_grad_(False))

    def _network(self, tokenizer: TitleTokenizer, start: TextWeights | None, seed: int = 0) -> TitleTransformer:
        with seeded(seed, "weights"):
            network = TitleTransformer(self.config, tokenizer.size, self.yes_or_no, self.embeddings)
        if start is not None:
            try:
                network.load_state_dict(_tensors(start.weights))
            except RuntimeError as error:
                raise UserError(f"these weights do not fit: {' '.join(str(error).split())[:300]}") from error
        return network.to(self.device)

    def _batch(self, lists: Lists, spelt: list[NDArray[np.int64]]) -> Batch:
        batch = batch_of(lists, spelt, self.yes_or_no)
        moved: dict[str, Any] = {
            name: value.to(self.device) for name, value in vars(batch).items() if isinstance(value, Tensor)
        }
        return replace(batch, **moved)

    def _loss(self, scores: Tensor, labels: Tensor) -> Tensor:
        known = labels != UNLABELLED
        if not self.yes_or_no:
            return F.cross_entropy(scores, (labels == 1).int().argmax(1))
        return F.binary_cross_entropy_with_logits(scores[known], labels[known].float())


@dataclass(frozen=True, eq=False)
class TinyScorer:
    """A small transformer that was trained.

    Attributes:
        victim: Its options.
        tokenizer: Its tokenizer.
        network: Its network.
    """

    victim: TinyVictim
    tokenizer: TitleTokenizer
    network: TitleTransformer

    def scores(self, lists: Lists) -> NDArray[np.float32]:
        """Return float32 ``[n, c]``; see ``TextScorer``."""
        spelt = self.tokenizer.spell(lists.titles)
        found = np.full(lists.candidates.shape, -np.inf, np.float32)
        with torch.no_grad():
            for first in range(0, len(lists), ASKED):
                rows = slice(first, first + ASKED)
                some = lists.take(np.arange(len(lists))[rows])
                batch = self.victim._batch(some, spelt)
                found[rows] = self.network(batch, spelt, lists.items).cpu().numpy()
        return found


def _tensors(weights: Mapping[str, NDArray[Any]]) -> dict[str, Tensor]:
    return {name: torch.from_numpy(np.array(value)) for name, value in weights.items()}
