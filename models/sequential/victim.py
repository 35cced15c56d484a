"""The victim that attacks, defenses and usage modes work with: make, train, rank, hand over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import torch
from torch import nn

from ...core import seeds
from ...core.config import configure
from ...core.errors import UserError
from ...core.interactions import Interactions
from ...core.pretrained import Pretrained, Weights
from ...core.topk import TopK, ranked_users
from .. import Model
from .encoder import SequenceEncoder
from .open_model import OpenModel
from .prompts import PromptGenerator, attribute_sizes
from .randomness import seeded
from .ranking import rank
from .settings import PromptConfig, RankConfig, Schedule
from .training.fit import Relabel, SelectOn, StepRule, Term, fit, validation_split, watched


@dataclass(frozen=True)
class Victim:
    """One model with its configuration and schedules; holds no data and no state.

    Attributes:
        model: The kind of victim.
        config: An instance of ``model.Config``.
        schedules: ``train`` (from scratch), ``finetune`` (all parameters, on the platform's data)
            and ``prompttune`` (a prompt generator before a frozen model), as far as they were asked for.
        prompt: Shape of freshly initialised prompt generators.
        ranking: How rankings are made.
        device: Where torch computes.
        report: Called with the fraction of a training that is done.
    """

    model: type[Model]
    config: Any
    schedules: Mapping[str, Schedule]
    prompt: PromptConfig
    ranking: RankConfig
    device: str = "cpu"
    report: Callable[[float], None] = lambda fraction: None

    def train(
        self,
        data: Interactions,
        schedule: Schedule,
        seed: int,
        *,
        start: Pretrained | None = None,
        prompt: Literal["none", "given", "fresh"] = "none",
        learn: Sequence[str] = ("model",),
        relabel: Relabel | None = None,
        select_on: SelectOn = "clean",
        term: Term | None = None,
        rule: StepRule | None = None,
        also: Interactions | None = None,
    ) -> tuple[Pretrained, dict[str, Any]]:
        """Train on ``data``, whose last two items a user are held out.

        Args:
            data: One party's data.
            schedule: One of ``schedules``, or the caller's own.
            seed: Of the initial weights and all draws.
            start: Continue from this; None starts afresh.
            prompt: No prompts, those of ``start``, or a freshly initialised generator.
            learn: What changes, and the rest is frozen: ``model`` (all of it), ``prompt``, or layers of the model by
                name, e.g. ``item_embedding``.
            relabel: Replaces labels and negatives; only an attacker's training has one.
            select_on: Which validation labels select the state that is kept.
            term: Added to each batch's loss: of the network and the batch it makes a number, a mean over labels.
            rule: What each step of the optimizer goes by, in place of the gradients of its loss.
            also: Further sequences over the same items, e.g. of fake users, which are learned whole: none of their
                items is held out, and they count in no validation.

        Raises:
            ValueError: If ``learn`` names something else, or nothing that there is.

        Returns:
            What would be handed over, and the log of :func:`fit` with the accuracy reached on the validation
            items of the users that training looked at.
        """
        encoder, generator = self._open(data, seed, start, prompt)
        log = fit(encoder, generator, data, schedule, seed, learn, relabel, select_on, self.report, term, rule, also)
        log["accuracy"] = self._accuracy(encoder, generator, data, schedule, seed)
        return self._close(encoder, generator, data, log["accuracy"]), log

    def rank(self, pretrained: Pretrained, data: Interactions) -> TopK:
        """Rank all items for the test items of the users of ``data``, or of a draw of them if they are many."""
        users = ranked_users(data.n_users, self.ranking.users)
        if users is not None:
            data = data.take(users)
        encoder, generator = self._open(data, 0, pretrained, "given")
        truth = data.items[data.offsets[1:] - 1]
        ranking = rank(
            encoder, generator, data.drop_last(1), truth, self.ranking.k, mask_history=self.ranking.mask_history
        )
        return replace(ranking, users=users)

    def accuracy(self, pretrained: Pretrained, data: Interactions) -> dict[str, float]:
        """Return HR@10 and NDCG@10 on the validation items of ``data``."""
        encoder, generator = self._open(data, 0, pretrained, "given")
        return self._accuracy(encoder, generator, data)

    def open(self, pretrained: Pretrained, data: Interactions) -> OpenModel:
        """Return the model to look into.

        Args:
            pretrained: What was handed over.
            data: Any of a party's data; only its vocabulary of items, categories and attributes is used.

        Raises:
            UserError: If the weights do not fit.
        """
        encoder, generator = self._open(data, 0, pretrained, "given")
        encoder.eval().requires_grad_(False)
        if generator is not None:
            generator.eval().requires_grad_(False)
        return OpenModel(self.model.name, pretrained, encoder, generator)

    def _accuracy(
        self,
        encoder: SequenceEncoder,
        generator: PromptGenerator | None,
        data: Interactions,
        schedule: Schedule | None = None,
        seed: int = 0,
    ) -> dict[str, float]:
        _, history, truth = validation_split(data)
        if schedule is not None:
            users = watched(history.n_users, schedule, seeds.generator(seed, "validation"))
            history, truth = history.take(users), truth[users]
        ranks = rank(encoder, generator, history, truth, 1).held_out_rank
        hits = ranks <= 10
        return {"HR@10": float(hits.mean()), "NDCG@10": float(np.where(hits, 1 / np.log2(ranks + 1), 0).mean())}

    def _open(
        self, data: Interactions, seed: int, start: Pretrained | None, prompt: str
    ) -> tuple[SequenceEncoder, PromptGenerator | None]:
        given = prompt == "given" and start is not None and start.prompt is not None
        with seeded(seed, "weights"):
            encoder = self.model.build_for(self.config, data)
            generator = None
            if given or prompt == "fresh":
                if not self.model.takes_prompts:
                    raise UserError(f"{self.model.name} takes no prompts.")
                config = self.prompt
                if given and start is not None:
                    claimed = start.card.get("prompt")
                    if not isinstance(claimed, Mapping):
                        raise UserError("prompts were handed over, but the card does not say of what shape.")
                    config = configure(PromptConfig, claimed, "the card's prompt")
                width = encoder.item_embedding.embedding_dim
                generator = PromptGenerator(attribute_sizes(data), config, width, encoder.depth)
        if start is not None:
            _load(encoder, start.weights, "model")
            if given and start.prompt is not None and generator is not None:
                _load(generator, start.prompt, "prompt generator")
        encoder.to(self.device)
        return encoder, generator.to(self.device) if generator is not None else None

    def _close(
        self,
        encoder: SequenceEncoder,
        generator: PromptGenerator | None,
        data: Interactions,
        accuracy: dict[str, float],
    ) -> Pretrained:
        card = {
            "model": self.model.name,
            "config": dict(vars(self.config)),
            "n_items": data.n_items,
            "prompt": dict(vars(generator.config)) if generator is not None else None,
            "validation": accuracy,
        }
        return Pretrained(_weights(encoder), _weights(generator) if generator is not None else None, card)


def _weights(module: nn.Module) -> Weights:
    return {name: value.detach().cpu().numpy() for name, value in module.state_dict().items()}


def _load(module: nn.Module, weights: Weights, what: str) -> None:
    state = {name: torch.from_numpy(np.array(value)) for name, value in weights.items()}
    try:
        module.load_state_dict(state)
    except RuntimeError as error:
        raise UserError(f"the {what} handed over does not fit: {' '.join(str(error).split())[:300]}") from error
