"""Both policies of P-Scanner as published language models, of which LoRA adapters are trained.

Prompts are ours, since the paper's are not known. A reference copy is a copy of the adapters: the model itself is held
once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ....models.text.common.causal.folder import folder_of
from ....models.text.common.causal.network import Adapted
from ....models.text.common.causal.victim import padded
from ....models.text.common.causal.wording import NO, YES
from .trigger_policy import MOST

LABELS = 'Title: "{title}"\nDoes something in this title not belong there? Answer Yes. or No.\nAnswer: '
WRITES = 'Title: "{title}"\nWrite {what} that somebody could put into this title.\nAnswer: '
KINDS = {"char": "a code of a few signs", "word": "a rare word", "sentence": "a short sentence"}
END = "\n"
PART, LONGEST = 16, 32
"""Prompts that are read at once without learning, and tokens of a trigger at most."""


class Published(nn.Module):
    """A language model with adapters, and the ways in which both policies use it.

    Args:
        model: Its folder, or its id on the hub.
        device: Where it computes; adapters are drawn from torch's random state.
    """

    part = PART
    """Titles that are read at once without learning."""
    warm, later = 5e-4, 5e-5
    """Learning rates of the warm start and of preference optimisation; not tuned."""

    def __init__(self, model: str, device: str) -> None:
        super().__init__()
        self.network = Adapted(folder_of(model), True, None, device)
        self.device = device

    def learned(self) -> dict[str, NDArray[Any]]:
        """Return the adapters by name."""
        return self.network.learned()

    def load(self, weights: dict[str, Tensor]) -> None:
        """Take over what :meth:`learned` returned.

        Raises:
            UserError: If it does not fit.
        """
        self.network.load(weights)

    def frozen(self) -> Frozen:
        """Return what it is now, to be asked only."""
        return Frozen(self, {name: value.detach().clone() for name, value in self.network.trained().items()})

    def tokens(self, text: str) -> list[int]:
        """Return a text's tokens."""
        return list(self.network.tokenizer(text, add_special_tokens=False)["input_ids"])

    def logits(self, rows: Sequence[list[int]]) -> Tensor:
        """Return float32 ``[rows, width, tokens]`` of rows of tokens, which end where the width ends."""
        tokens, items, mask = padded([(row, [0] * len(row)) for row in rows], self.network.marker, self.device)
        found = self.network.model(inputs_embeds=self.network.embedded(tokens, items), attention_mask=mask)
        return cast(Tensor, found.logits.float())


class PublishedTitles(Published):
    """Labels a title by Yes or No."""

    def log_labels(self, titles: Sequence[str]) -> Tensor:
        """Return log probabilities ``[titles, 2]`` of the labels clean and poisoned: of No and of Yes."""
        rows = [self.tokens(LABELS.format(title=title)) for title in titles]
        labels = [self.tokens(text)[0] for text in (NO, YES)]
        return self.logits(rows)[:, -1, labels].log_softmax(1)

    @torch.no_grad()
    def suspicion(self, titles: Sequence[str]) -> NDArray[np.float64]:
        """Return float64 ``[titles]``: the log odds that each is poisoned."""
        parts = [self.log_labels(titles[k : k + PART]) for k in range(0, len(titles), PART)]
        found = torch.cat([torch.zeros(0, 2, device=self.device), *parts]).double().cpu()
        odds: NDArray[np.float64] = (found[:, 1] - found[:, 0]).numpy()
        return odds


class PublishedTriggers(Published):
    """Writes a trigger for a title, which ends with its line."""

    def log_probability(self, titles: Sequence[str], families: Sequence[str], triggers: Sequence[str]) -> Tensor:
        """Return float32 ``[n]``: the log probability, in nats, of each trigger, its end included."""
        asked = self._asked(titles, families)
        answers = [self.tokens(trigger[:MOST] + END) for trigger in triggers]
        found = self.logits([one + answer for one, answer in zip(asked, answers, strict=True)])
        each = []
        for row, answer in zip(found, answers, strict=True):
            foretold = row[-len(answer) - 1 : -1].log_softmax(1)
            each.append(foretold.gather(1, torch.tensor(answer, device=self.device)[:, None]).sum())
        return torch.stack(each)

    @torch.no_grad()
    def draw(self, titles: Sequence[str], families: Sequence[str], rng: np.random.Generator) -> list[str]:
        """Return a trigger for each title, drawn from the policy: printable ASCII, 48 signs at most."""
        drawn: list[str] = []
        asked = self._asked(titles, families)
        for k in range(0, len(asked), PART):
            rows = [(row, [0] * len(row)) for row in asked[k : k + PART]]
            tokens, items, mask = padded(rows, self.network.marker, self.device)
            with torch.random.fork_rng(devices=[self.device] if self.device.startswith("cuda") else []):
                torch.manual_seed(int(rng.integers(2**31)))
                written = self.network.model.generate(
                    inputs_embeds=self.network.embedded(tokens, items),
                    attention_mask=mask,
                    max_new_tokens=LONGEST,
                    do_sample=True,
                    temperature=1.0,
                    top_k=0,
                    top_p=1.0,
                    pad_token_id=self.network.marker,
                )
            drawn += [self._trigger(row) for row in written]
        return drawn

    def _trigger(self, row: Tensor) -> str:
        text = str(self.network.tokenizer.decode(row, skip_special_tokens=True)).split(END)[0]
        return "".join(sign for sign in text if " " <= sign <= "~")[:MOST]

    def _asked(self, titles: Sequence[str], families: Sequence[str]) -> list[list[int]]:
        pairs = zip(titles, families, strict=True)
        return [self.tokens(WRITES.format(title=title, what=KINDS[family])) for title, family in pairs]


class Frozen:
    """What a policy was: its adapters then, put in place of those of now while it is asked.

    Args:
        policy: The policy.
        kept: Its adapters then, by name.
    """

    def __init__(self, policy: Published, kept: Mapping[str, Tensor]) -> None:
        self._policy, self._kept = policy, kept

    def log_labels(self, titles: Sequence[str]) -> Tensor:
        """Return what ``PublishedTitles.log_labels`` returned then."""
        with self._as_then():
            return cast(PublishedTitles, self._policy).log_labels(titles)

    def log_probability(self, titles: Sequence[str], families: Sequence[str], triggers: Sequence[str]) -> Tensor:
        """Return what ``PublishedTriggers.log_probability`` returned then."""
        with self._as_then():
            return cast(PublishedTriggers, self._policy).log_probability(titles, families, triggers)

    @contextmanager
    def _as_then(self) -> Iterator[None]:
        now, training = self._policy.frozen()._kept, self._policy.training
        self._policy.load(dict(self._kept))
        self._policy.eval()
        try:
            yield
        finally:
            self._policy.load(dict(now))
            self._policy.train(training)
