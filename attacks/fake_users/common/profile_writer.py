"""A generator of users' histories, with its two judges: what writes SeqPoison's fake users (Wang et al., SIGIR 2023).

Every history is a row of ``longest`` places: items from 1, and 0 from where it ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

WIDTH = 64
"""Of embeddings and of hidden states, as in the released code."""
SEGMENTS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 20)
"""Widths of the filters by which the judge of contexts reads, as in the released code."""
FILTERS = 16
"""Filters of each width; the released code has 100 to 200, for logs of 20,000 users and more."""
BATCH, WRITTEN = 32, 64
"""Histories in a step of the generator's likelihood and of both judges; histories written in an adversarial step."""
JUDGED = 256
"""Real and written histories, each, that the discriminator sees in a round; the released code shows all, six times."""
ENOUGH = 0.5
"""Share of what is written that holds a target, at which the generator stops: that of what the authors published."""
AWAY = 0.9
"""How likely the generator is pushed to a target, at each place, rather than to what it wrote."""


class Generator(nn.Module):
    """A recurrent network that writes a history item after item.

    Args:
        n_items: Items; it may write each of them at any place, or 0 to end.
    """

    def __init__(self, n_items: int) -> None:
        """Draw parameters from torch's current random state."""
        super().__init__()
        self.embeddings = nn.Embedding(n_items + 1, WIDTH)
        self.gru = nn.GRU(WIDTH, WIDTH, batch_first=True)
        self.out = nn.Linear(WIDTH, n_items + 1)

    def log_likelihood(self, histories: Tensor) -> Tensor:
        """Return ``[b, longest, n_items + 1]``: the logarithm of each item's probability at each place.

        Args:
            histories: int64 ``[b, longest]``.
        """
        before = F.pad(histories, (1, 0))[:, :-1]
        return F.log_softmax(self.out(self.gru(self.embeddings(before))[0]), -1)

    @torch.no_grad()
    def write(self, number: int, longest: int) -> Tensor:
        """Return int64 ``[number, longest]``, drawn from torch's current random state."""
        found, state = torch.zeros(number, longest, dtype=torch.long), None
        last = torch.zeros(number, 1, dtype=torch.long)
        for place in range(longest):
            hidden, state = self.gru(self.embeddings(last), state)
            last = torch.multinomial(F.softmax(self.out(hidden[:, 0]), -1), 1)
            found[:, place] = last[:, 0]
        return found * (found > 0).cumprod(1)


class Discriminator(nn.Module):
    """Tells written histories from real ones: two recurrent layers in both directions."""

    def __init__(self, n_items: int) -> None:
        """Draw parameters from torch's current random state."""
        super().__init__()
        self.embeddings = nn.Embedding(n_items + 1, WIDTH)
        self.gru = nn.GRU(WIDTH, WIDTH, num_layers=2, bidirectional=True, dropout=0.2, batch_first=True)
        self.out = nn.Sequential(nn.Linear(4 * WIDTH, WIDTH), nn.Tanh(), nn.Dropout(0.2), nn.Linear(WIDTH, 1))

    def forward(self, histories: Tensor) -> Tensor:
        """Return ``[b]``: the log odds that each is real.

        Args:
            histories: int64 ``[b, longest]``.
        """
        state = self.gru(self.embeddings(histories))[1]
        return self.out(state.permute(1, 0, 2).flatten(1))[:, 0]  # type: ignore[no-any-return]


class Contexts(nn.Module):
    """Tells whether a segment belongs to the history around it: filters of several widths, and a highway layer.

    Args:
        n_items: Items; ``n_items + 1`` stands for what is hidden.
    """

    def __init__(self, n_items: int) -> None:
        """Draw parameters from torch's current random state."""
        super().__init__()
        self.embeddings = nn.Embedding(n_items + 2, WIDTH)
        self.filters = nn.ModuleList(nn.Conv1d(WIDTH, FILTERS, width) for width in SEGMENTS)
        found = FILTERS * len(SEGMENTS)
        self.highway, self.out = nn.Linear(found, found), nn.Sequential(nn.Dropout(0.75), nn.Linear(found, 1))

    def forward(self, around: Tensor, segments: Tensor) -> Tensor:
        """Return ``[b]``: the log odds that each segment comes from the history around it.

        Args:
            around: int64 ``[b, longest]``: histories in which a segment is hidden.
            segments: int64 ``[b, longest]``: a segment at the same places, all else hidden.
        """
        both = self.embeddings(torch.cat([around, segments], 1)).transpose(1, 2)
        both = F.pad(both, (0, max(SEGMENTS[-1] - both.shape[2], 0)))
        found = torch.cat([F.relu(read(both)).amax(2) for read in self.filters], 1)
        gate, turned = torch.sigmoid(self.highway(found)), F.relu(self.highway(found))
        return self.out(gate * turned + (1 - gate) * found)[:, 0]  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Effort:
    """How long each part is trained.

    Attributes:
        epochs: Of the generator's likelihood on real histories, of the judge of contexts, and half as many of the
            discriminator.
        rounds: In each the generator takes a step against its judges, and the discriminator sees new histories; the
            last is the one in which half of what is written holds a target.
        weights: Of the push to the targets, of contexts, of the discriminator.
    """

    epochs: int
    rounds: int
    weights: tuple[float, float, float]


class ProfileWriter:
    """Learns to write histories that look real and hold targets.

    Args:
        histories: Items of each real user, oldest first; of each the first ``longest`` count.
        targets: Items to promote.
        n_items: Items that there are.
        longest: Items of a history.
        effort: How long it learns.
        rng: Draws everything.

    Attributes:
        generator: Writes them.
        discriminator: Tells them from real ones.
        contexts: Tells what fits into real ones.
        rounds: How many it took against them.
    """

    def __init__(
        self,
        histories: Sequence[NDArray[np.integer]],
        targets: NDArray[np.integer],
        n_items: int,
        longest: int,
        effort: Effort,
        rng: np.random.Generator,
    ) -> None:
        """Learn, in torch's random state."""
        self.real = rows(histories, longest)
        self.targets, self.longest, self.hidden, self.rng = torch.from_numpy(targets).long(), longest, n_items + 1, rng
        self.generator, self.discriminator = Generator(n_items), Discriminator(n_items)
        self.contexts = Contexts(n_items)
        self.steps = torch.optim.Adam(self.generator.parameters())
        self.judging = torch.optim.Adagrad(self.discriminator.parameters(), lr=0.01)
        learning = torch.optim.Adam(self.contexts.parameters())
        for _ in range(effort.epochs):
            self._learn_histories()
            self._learn_contexts(learning)
        for _ in range(max(effort.epochs // 2, 1)):
            self._discriminate()
        self.contexts.eval().requires_grad_(False)
        self.rounds = 0
        for self.rounds in range(1, effort.rounds + 1):
            if self._write_better(effort.weights) >= ENOUGH:
                break
            self._discriminate()

    def _learn_histories(self) -> None:
        """Let the generator read every real history once."""
        for picks in self._orders(len(self.real)):
            batch = self.real[picks]
            loss = _along(-self.generator.log_likelihood(batch), batch, batch).sum() / _places(batch).sum()
            _descend(self.steps, loss)

    def _learn_contexts(self, optimizer: torch.optim.Optimizer) -> None:
        """Show the judge of contexts a segment of every real history, and another user's at the same places."""
        for picks in self._orders(len(self.real)):
            batch = self.real[picks]
            around, segments = self.pairs(batch, self._real(len(batch)))
            truth = torch.cat([torch.ones(len(batch)), torch.zeros(len(batch))])
            _descend(optimizer, F.binary_cross_entropy_with_logits(self.contexts(around, segments), truth))

    def pairs(self, histories: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
        """Return histories with a hidden segment, twice, and segments: first their own, then those of others.

        Args:
            histories: int64 ``[b, longest]``.
            others: int64 ``[b, longest]``.
        """
        spans = self._spans(histories, others)
        around = torch.where(spans, self.hidden, histories).repeat(2, 1)
        return around, torch.cat([self._shown(histories, spans), self._shown(others, spans)])

    def _discriminate(self) -> None:
        """Show the discriminator some real histories and as many that are written now, once each."""
        number = min(len(self.real), JUDGED)
        both = torch.cat([self._real(number), self.generator.write(number, self.longest)])
        truth = torch.cat([torch.ones(number), torch.zeros(number)])
        self.discriminator.train()
        for picks in self._orders(len(both)):
            loss = F.binary_cross_entropy_with_logits(self.discriminator(both[picks]), truth[picks])
            _descend(self.judging, loss)
        self.discriminator.eval()

    def _write_better(self, weights: tuple[float, float, float]) -> float:
        """Move the generator to targets and to what its judges take for real.

        Returns:
            The share of what it wrote before that that holds a target.
        """
        written = self.generator.write(WRITTEN, self.longest)
        with torch.no_grad():
            real = torch.sigmoid(self.discriminator(written))
            around, segments = self.pairs(self._real(WRITTEN), written)
            fitting = torch.sigmoid(self.contexts(around[WRITTEN:], segments[WRITTEN:]))
        wanted = self.targets[torch.from_numpy(self.rng.integers(len(self.targets), size=written.shape))]
        away = torch.from_numpy(self.rng.random(written.shape) < AWAY) & (written > 0)
        loss = combined(self.generator.log_likelihood(written), written, wanted, away, fitting, real, weights)
        _descend(self.steps, loss)
        return float(torch.isin(written, self.targets).any(1).float().mean())

    def _real(self, number: int) -> Tensor:
        return self.real[torch.from_numpy(self.rng.integers(len(self.real), size=number))]

    def _spans(self, hosts: Tensor, guests: Tensor) -> Tensor:
        """Return bool ``[b, longest]``: a segment of up to half of the shorter of two histories, inside both."""
        short = torch.minimum((hosts > 0).sum(1), (guests > 0).sum(1)).numpy()
        sizes = 1 + (self.rng.random(len(short)) * np.maximum(short // 2, 1)).astype(int)
        firsts = (self.rng.random(len(short)) * (np.maximum(short - sizes, 0) + 1)).astype(int)
        places = np.arange(hosts.shape[1])
        return torch.from_numpy((places >= firsts[:, None]) & (places < (firsts + sizes)[:, None]))

    def _shown(self, histories: Tensor, spans: Tensor) -> Tensor:
        """Return the histories with everything hidden that is outside their segments."""
        return torch.where(spans | (histories == 0), histories, self.hidden)

    def _orders(self, number: int) -> list[Tensor]:
        return [
            torch.from_numpy(picks)
            for picks in np.array_split(self.rng.permutation(number), range(BATCH, number, BATCH))
        ]


def combined(
    log_likelihood: Tensor,
    written: Tensor,
    wanted: Tensor,
    away: Tensor,
    fitting: Tensor,
    real: Tensor,
    weights: tuple[float, float, float],
) -> Tensor:
    """Return the generator's loss: the likelihood of targets, and policy gradients of what its judges say.

    Args:
        log_likelihood: ``[b, longest, n_items + 1]``, see ``Generator.log_likelihood``.
        written: int64 ``[b, longest]``: what it wrote.
        wanted: int64 ``[b, longest]``: a target for every place.
        away: bool ``[b, longest]``: places at which it is pushed to the target.
        fitting: ``[b]``: how well a part of each fits into a real history, from 0 to 1.
        real: ``[b]``: how real each looks, from 0 to 1.
        weights: Of the three parts: targets, contexts, discriminator.
    """
    targets, contexts, looks = weights
    own = _along(-log_likelihood, written, written).sum(1)
    pushed = _along(-log_likelihood, torch.where(away, wanted, written), written).sum(1)
    return (targets * pushed + (contexts * fitting + looks * real) * own).mean()


def rows(histories: Sequence[NDArray[np.integer]], longest: int) -> Tensor:
    """Return int64 ``[users, longest]``: the first items of each user, and 0 after the end."""
    found = np.zeros((len(histories), longest), np.int64)
    for row, items in zip(found, histories, strict=True):
        row[: len(items)] = items[:longest]
    return torch.from_numpy(found)


def _places(histories: Tensor) -> Tensor:
    """Return ``[b, longest]``: 1 up to the place that ends a history, and 0 after it."""
    return F.pad((histories > 0).cumprod(1), (1, 0), value=1)[:, :-1].float()


def _along(values: Tensor, items: Tensor, histories: Tensor) -> Tensor:
    """Return ``[b, longest]``: the values of the items at their places, 0 after the end of the histories."""
    return values.gather(2, items[..., None])[..., 0] * _places(histories)


def _descend(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]  # torch's
    optimizer.step()
