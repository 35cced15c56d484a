"""A published causal language model as a victim: LoRA on the answers' tokens, greedy answers, Yes against No."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from .....core.seeds import generator
from .....core.system.unfinished import NOWHERE, Unfinished
from .....core.text.lists import Lists
from ....sequential.randomness import seeded
from ... import TextWeights
from ..config import TextConfig
from .network import Adapted
from .progress import packed, unpacked
from .sharing import Row, logits, shares
from .wording import NO, YES, Sample, named, samples_of, tokens_of

AT_ONCE = 8
"""Prompts that pass the model together, padded; a larger batch adds up their gradients."""
WARM_UP, LEAST, DECAY, CLIP = 0.05, 0.01, 0.01, 1.0
LONGEST_ANSWER = 64
BETWEEN = 120.0
"""Seconds after which a training keeps its state again."""
RATES = {True: 1e-4, False: 8e-4}
"""Peaks of the learning rate: TALLRec's for Yes or No, LLaRA's for choosing."""


@dataclass(frozen=True, eq=False)
class CausalVictim:
    """A language model with its options; holds no parameters.

    Attributes:
        config: Its options.
        folder: The published model's files.
        yes_or_no: Whether every candidate is a prompt of its own.
        embeddings: float32 ``[n_items + 1, k]`` or None; in training they are left out of a batch with a probability
            that falls from 1 to 0, as in LLaRA's curriculum.
        device: Where to compute.
        unfinished: Where a training keeps its state.
    """

    config: TextConfig
    folder: Path
    yes_or_no: bool
    embeddings: NDArray[np.float32] | None = None
    device: str = "cpu"
    unfinished: Unfinished = NOWHERE

    def resuming(self, unfinished: Unfinished) -> CausalVictim:
        """Return the same victim, whose next training goes on from what is kept there; it must be the same one."""
        return replace(self, unfinished=unfinished)

    def train(
        self,
        lists: Lists,
        seed: int,
        start: TextWeights | None = None,
        epochs: int | None = None,
        lr: float | None = None,
        report: Callable[[float], None] = lambda fraction: None,
    ) -> tuple[TextWeights, dict[str, Any]]:
        """Train adapters on the answers' tokens: AdamW, warm-up over 5% of the steps, then a cosine to 1%."""
        with seeded(seed, "weights", self.device):
            network = self.network(start)
        epochs = epochs or self.config.epochs
        samples = samples_of(lists, self.yes_or_no, self.embeddings is not None, labelled=True)
        by_name = network.trained()
        groups = [list(own) for _, own in itertools.groupby(samples, lambda sample: sample.row)]
        sharing = self._shares(network, groups)
        learned, peak = list(by_name.values()), lr or self.config.lr or RATES[self.yes_or_no]
        optimizer = torch.optim.AdamW(learned, lr=peak, weight_decay=DECAY)
        size = self.config.batch_size
        steps = -(-len(groups) // size) * epochs
        rng, kept = generator(seed, "batches"), time.monotonic()
        with seeded(seed, "dropout", self.device):
            network.train()
            at = unpacked(self.unfinished.read(), by_name, optimizer, rng, self.device)
            while at.epoch < epochs:
                at.order = at.order or rng.permutation(len(groups)).tolist()
                batch = [groups[k] for k in at.order[at.place : at.place + size]]
                prompts = sum(len(own) for own in batch)
                text_only = self.embeddings is not None and bool(rng.random() > at.step / steps)
                optimizer.zero_grad()
                for part in batch if sharing else _split(batch):
                    loss = self._losses(network, part, text_only, sharing).sum() / prompts
                    loss.backward()  # type: ignore[no-untyped-call]  # torch's
                    at.total += float(loss.detach()) * prompts
                torch.nn.utils.clip_grad_norm_(learned, CLIP)
                for group in optimizer.param_groups:
                    group["lr"] = peak * _pace(at.step, steps)
                optimizer.step()
                at.step, at.place = at.step + 1, at.place + len(batch)
                report(at.step / steps)
                if at.place == len(groups):
                    at.losses.append(round(at.total / len(samples), 4))
                    at.epoch, at.place, at.order, at.total = at.epoch + 1, 0, [], 0.0
                if time.monotonic() - kept > BETWEEN:
                    self.unfinished.write(packed(at, by_name, optimizer, rng, self.device))
                    kept = time.monotonic()
        parameters = sum(value.numel() for value in learned)
        whole = sum(value.numel() for value in network.parameters())
        log = {"loss": at.losses, "parameters": parameters, "of": whole, "prompts": len(samples)}
        return TextWeights(network.learned(), ""), log

    def open(self, trained: TextWeights) -> CausalScorer:
        """Return it ready to be asked.

        Raises:
            UserError: If the adapters do not fit.
        """
        with seeded(0, "weights", self.device):
            return CausalScorer(self, self.network(trained).eval().requires_grad_(False))

    def network(self, start: TextWeights | None) -> Adapted:
        """Return the model with fresh adapters, which change nothing, or with those that were trained."""
        network = Adapted(self.folder, self.yes_or_no, self.embeddings, self.device)
        if start is not None:
            network.load({name: torch.from_numpy(np.array(value)) for name, value in start.weights.items()})
        return network

    def _shares(self, network: Adapted, groups: Sequence[Sequence[Sample]]) -> bool:
        """Whether the prompts of a list pass as one; tried with the longest, since attention may have a window."""
        several = [own for own in groups if len(own) > 1]
        longest = max(several, key=lambda own: max(len(str(one.prompt)) for one in own), default=None)
        return longest is not None and shares(network, rows_of(longest, network), self.device)

    def _losses(self, network: Adapted, samples: Sequence[Sample], text_only: bool, sharing: bool) -> Tensor:
        """Return, for each prompt, the cross-entropy of its answer's tokens, their mean."""
        rows = rows_of(samples, network)
        if text_only:
            rows = [(prompt, [0] * len(own), answer) for prompt, own, answer in rows]
        if sharing:
            foretold = logits(network, rows, self.device)
        else:
            joined = [(prompt + answer, own + [0] * len(answer)) for prompt, own, answer in rows]
            tokens, items, mask = padded(joined, network.marker, self.device)
            found = network.model(inputs_embeds=network.embedded(tokens, items), attention_mask=mask).logits.float()
            # Padding is on the left, so that the answers end every row.
            foretold = [found[k, -len(answer) - 1 : -1] for k, (_, _, answer) in enumerate(rows)]
        answers = [torch.tensor(answer, device=self.device) for _, _, answer in rows]
        return torch.stack([F.cross_entropy(one, answer) for one, answer in zip(foretold, answers, strict=True)])


@dataclass(frozen=True, eq=False)
class CausalScorer:
    """A language model with trained adapters.

    Attributes:
        victim: Its options.
        network: The model.
    """

    victim: CausalVictim
    network: Adapted

    def scores(self, lists: Lists) -> NDArray[np.float32]:
        """Return float32 ``[n, c]``; see ``TextScorer``.

        Of one that says Yes or No, the logit of the first token of Yes less that of No. Of one that chooses, 1 for
        the candidate that the answer names and 0 for the others, -inf for all if it names none or several.
        """
        yes_or_no = self.victim.yes_or_no
        samples = samples_of(lists, yes_or_no, self.victim.embeddings is not None, labelled=False)
        groups = [list(own) for _, own in itertools.groupby(samples, lambda sample: sample.row)]
        found = np.full(lists.candidates.shape, -np.inf, np.float32)
        with torch.no_grad():
            sharing = self.victim._shares(self.network, groups)
            for part in groups if sharing else _split(groups):
                if yes_or_no:
                    for sample, score in zip(part, self._yes(part, sharing), strict=True):
                        found[sample.row, sample.place] = score
                    continue
                for sample, answer in zip(part, self.answers(part), strict=True):
                    rows = lists.candidates[sample.row]
                    place = named(answer, [lists.titles[row] for row in rows.tolist() if row])
                    if place >= 0:
                        found[sample.row, rows > 0] = 0
                        found[sample.row, np.flatnonzero(rows)[place]] = 1
        return found

    def answers(self, samples: Sequence[Sample]) -> list[str]:
        """Return what the model writes after each prompt: greedy, at most 64 tokens."""
        hidden, mask = self._embedded(samples)
        written = self.network.model.generate(
            inputs_embeds=hidden,
            attention_mask=mask,
            max_new_tokens=LONGEST_ANSWER,
            do_sample=False,
            pad_token_id=self.network.marker,
        )
        return [str(self.network.tokenizer.decode(row, skip_special_tokens=True)) for row in written]

    def _yes(self, samples: Sequence[Sample], sharing: bool) -> list[float]:
        if sharing:
            rows: list[Row] = [(*row[:2], []) for row in rows_of(samples, self.network)]
            last = torch.cat(logits(self.network, rows, self.victim.device))
        else:
            hidden, mask = self._embedded(samples)
            last = self.network.model(inputs_embeds=hidden, attention_mask=mask).logits[:, -1].float()
        yes, no = (self.network.tokenizer(text, add_special_tokens=False)["input_ids"][0] for text in (YES, NO))
        return [float(score) for score in (last[:, yes] - last[:, no]).tolist()]

    def _embedded(self, samples: Sequence[Sample]) -> tuple[Tensor, Tensor]:
        rows = [tokens_of(sample.prompt, self.network.tokenizer, self.network.marker) for sample in samples]
        tokens, items, mask = padded(rows, self.network.marker, self.victim.device)
        return self.network.embedded(tokens, items), mask


def rows_of(samples: Sequence[Sample], network: Adapted) -> list[Row]:
    """Return prompts as tokens and items, with the tokens of their answers."""
    spelt = [tokens_of(sample.prompt, network.tokenizer, network.marker) for sample in samples]
    answers = [network.tokenizer(sample.answer, add_special_tokens=False)["input_ids"] for sample in samples]
    return [(tokens, items, answer) for (tokens, items), answer in zip(spelt, answers, strict=True)]


def _split(groups: Sequence[Sequence[Sample]]) -> list[list[Sample]]:
    """Return prompts in as many as pass the model together."""
    every = list(itertools.chain.from_iterable(groups))
    return [every[first : first + AT_ONCE] for first in range(0, len(every), AT_ONCE)]


def padded(
    rows: Sequence[tuple[Sequence[int], Sequence[int]]], fill: int, device: str
) -> tuple[Tensor, Tensor, Tensor]:
    """Return tokens, items and which places count, each int64 ``[b, w]``, padded on the left."""
    width = max(len(tokens) for tokens, _ in rows)
    tokens = [[fill] * (width - len(own)) + list(own) for own, _ in rows]
    items = [[0] * (width - len(own)) + list(own) for _, own in rows]
    mask = [[0] * (width - len(own)) + [1] * len(own) for own, _ in rows]
    return tuple(torch.tensor(one, device=device) for one in (tokens, items, mask))  # type: ignore[return-value]


def _pace(step: int, steps: int) -> float:
    warm = max(1, round(WARM_UP * steps))
    if step < warm:
        return (step + 1) / warm
    return LEAST + (1 - LEAST) * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm))) / 2
