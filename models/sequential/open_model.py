"""A look into a model that was handed over: its scores for any histories, and what they are made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...core.errors import UserError
from ...core.interactions import Interactions
from ...core.pretrained import Pretrained
from .encoder import SequenceEncoder
from .prompts import PromptGenerator, attribute_matrix
from .ranking import last_items
from .shift import shifted

Floats = NDArray[np.float32]
Prompt: TypeAlias = Literal["own", "none"] | Floats
"""Those that the provider's generator makes of each user's attributes, if it handed one over; none; or, float32 ``[d]``
or ``[1 or depth, tokens, d]``, soft tokens of one's own, the same before every history."""
ROWS = 128
"""Histories encoded at once."""
SCORES = 1 << 22
"""Scores held at once: 16 MiB."""


@dataclass(frozen=True, eq=False)
class OpenModel:
    """A victim's network with the weights that were handed over; made by ``Victim.open``. It holds no data.

    Histories are ``Interactions``, of which all items are read; those who want to leave out test items use
    ``drop_last(1)``. ``fake_users`` makes histories of one's own. What is returned are NumPy arrays, also where torch
    computes elsewhere.

    Attributes:
        name: The model's name.
        pretrained: What was handed over.
        encoder: The network, in evaluation mode.
        generator: The provider's prompt generator, or None.
    """

    name: str
    pretrained: Pretrained
    encoder: SequenceEncoder
    generator: PromptGenerator | None

    @property
    def n_items(self) -> int:
        """Number of items, padding not counted."""
        return len(self.encoder.item_embedding.weight) - 1

    @property
    def width(self) -> int:
        """Width d of a soft token and of an item's embedding."""
        return self.encoder.item_embedding.embedding_dim

    @property
    def takes_prompts(self) -> bool:
        """Whether soft tokens may stand before a history."""
        return self.encoder.takes_prompts

    @property
    def scores_are_products(self) -> bool:
        """Whether a history's scores are the products of its state with the item table."""
        return type(self.encoder).scores is SequenceEncoder.scores

    @property
    def table(self) -> Floats:
        """A copy of the item table, float32 ``[n_items + 1, d]``; row 0 is padding."""
        table: Floats = self.encoder.item_embedding.weight.detach().cpu().numpy().copy()
        return table

    def scores(self, histories: Interactions, prompt: Prompt = "own") -> Iterator[Floats]:
        """Yield the scores of all items after each history, in blocks of bounded memory.

        Args:
            histories: Of each user, the last items are read, as many as the model takes.
            prompt: Soft tokens before every history.

        Yields:
            float32 ``[k, n_items + 1]`` for the next k users, in their order; column 0 is padding and may hold
            any number.

        Raises:
            UserError: If the model takes no prompts, and some are given.
            FloatingPointError: If scores are not finite.
        """
        for items, lengths, tokens in self._rows(histories, prompt):
            yield self._finite(self.encoder.scores, items, lengths, tokens)

    def states(self, histories: Interactions, prompt: Prompt = "own") -> Floats:
        """Return float32 ``[users, d]``: the vectors of which scores are products with the item table.

        Raises:
            UserError: If scores are not such products, or prompts are given to a model that takes none.
            FloatingPointError: If states are not finite.
        """
        self.check_products()
        parts = [self._finite(self.encoder.last, *row) for row in self._rows(histories, prompt)]
        return np.concatenate([np.zeros((0, self.width), np.float32), *parts])

    def scores_along(
        self, histories: Interactions, prompt: Prompt = "own"
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], Floats]]:
        """Yield the scores of all items after each item of each history, in blocks of bounded memory.

        A history longer than the model takes is begun as late as needed: only its last items are positions, and what
        was before them is not read.

        Yields:
            int64 ``[k]``, the users' places; int64 ``[k]``, how many items of the user stand up to the position, in
            ascending order for each user; and float32 ``[k, n_items + 1]``, as in :meth:`scores`.

        Raises:
            UserError: As in :meth:`scores`.
            FloatingPointError: If scores are not finite.
        """
        width = self.encoder.max_length
        whole = self.scores_are_products and self.encoder.examples == "windows"
        first = 0
        for items, _, tokens in self._rows(histories, prompt):
            counts = np.minimum(histories.lengths[first : first + len(items)], width)
            rows = np.repeat(np.arange(len(items)), counts)
            places = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
            users = first + rows
            read = histories.lengths[users] - counts[rows] + places + 1
            first += len(items)
            hidden = self._encode(items, tokens) if whole else None
            for start in range(0, len(rows), step := max(1, SCORES // (self.n_items + 1))):
                part = slice(start, start + step)
                row, place = torch.from_numpy(rows[part]), torch.from_numpy(places[part])
                if hidden is not None:
                    found = self._finite(self._products, hidden, row, place)
                else:
                    cut = torch.where(torch.arange(items.shape[1]) <= place[:, None], items[row], 0)
                    own = None if tokens is None else tokens[row]
                    found = self._finite(self.encoder.scores, cut[:, : int(place.max()) + 1], place + 1, own)
                yield users[part], read[part], found

    def shifted_scores(self, histories: Interactions, vectors: Tensor, prompt: Prompt = "own") -> Tensor:
        """Return the scores of all items after histories whose embedded items are moved; of few histories at a time.

        Args:
            histories: As in :meth:`scores`.
            vectors: float ``[users, d]`` or ``[1, d]``: what is added to each embedded item of each user's history, or
                of all histories.
            prompt: Soft tokens before every history; they are not moved.

        Returns:
            float ``[users, n_items + 1]``, from which gradients reach ``vectors``; column 0 is padding and may hold any
            number.

        Raises:
            UserError: As in :meth:`scores`.
        """
        device, parts, first = self.encoder.item_embedding.weight.device, [], 0
        for items, lengths, tokens in self._rows(histories, prompt):
            rows = vectors[first : first + len(items)] if len(vectors) > 1 else vectors
            first += len(items)
            # CUDA's own recurrent layers have no gradients outside training.
            with shifted(self.encoder, rows), torch.backends.cudnn.flags(enabled=False):
                given = (items.to(device), lengths.to(device), None if tokens is None else tokens.to(device))
                parts.append(self.encoder.scores(*given))
        return torch.cat(parts)

    def with_weights(self, changed: Mapping[str, Floats]) -> Pretrained:
        """Return what was handed over with other weights, by the names of ``pretrained.weights``.

        Raises:
            ValueError: If a name is unknown, or the shape is another.
        """
        weights = dict(self.pretrained.weights)
        for name, value in changed.items():
            if name not in weights or weights[name].shape != value.shape:
                raise ValueError(f"{self.name} has no weights {name} of shape {value.shape}.")
            weights[name] = np.asarray(value, np.float32)
        return Pretrained(weights, self.pretrained.prompt, self.pretrained.card)

    def with_table(self, table: Floats) -> Pretrained:
        """Return what was handed over with another item table, float32 ``[n_items + 1, d]``.

        Raises:
            UserError: If scores are not products with the item table.
            ValueError: If the shape is another.
        """
        self.check_products()
        weight = self.encoder.item_embedding.weight
        names = [name for name, value in self.encoder.state_dict(keep_vars=True).items() if value is weight]
        return self.with_weights(dict.fromkeys(names, table))

    def check_products(self) -> None:
        """Refuse a model whose scores are not products with its item table.

        Raises:
            UserError: If they are not.
        """
        if not self.scores_are_products:
            raise UserError(
                f"{self.name}: scores are not products of a state with the item table, so that changing the table has "
                "no known effect; choose a defense that reads scores only, or another model."
            )

    def _rows(self, histories: Interactions, prompt: Prompt) -> Iterator[tuple[Tensor, Tensor, Tensor | None]]:
        """Yield items, lengths and soft tokens of some users at a time."""
        if isinstance(prompt, np.ndarray) and not self.takes_prompts:
            raise UserError(f"{self.name} takes no prompts.")
        step = min(ROWS, max(1, SCORES // (self.n_items + 1)))
        for first in range(0, histories.n_users, step):
            users = np.arange(first, min(first + step, histories.n_users))
            items, lengths = last_items(histories, users, self.encoder.max_length)
            yield torch.from_numpy(items), torch.from_numpy(lengths), self._tokens(histories, users, prompt)

    @torch.no_grad()
    def _tokens(self, histories: Interactions, users: NDArray[np.integer], prompt: Prompt) -> Tensor | None:
        if isinstance(prompt, np.ndarray):
            tokens = torch.from_numpy(np.asarray(prompt, np.float32))
            tokens = tokens.view(1, 1, 1, -1) if tokens.ndim == 1 else tokens[None]
            return tokens.expand(len(users), -1, -1, -1)
        if prompt == "none" or self.generator is None:
            return None
        device = self.encoder.item_embedding.weight.device
        made: Tensor = self.generator(torch.from_numpy(attribute_matrix(histories)[users]).to(device))
        return made

    @torch.no_grad()
    def _encode(self, items: Tensor, tokens: Tensor | None) -> Tensor:
        device = self.encoder.item_embedding.weight.device
        return self.encoder.encode(items.to(device), None if tokens is None else tokens.to(device))

    def _products(self, hidden: Tensor, rows: Tensor, places: Tensor) -> Tensor:
        return hidden[rows, places] @ self.encoder.item_embedding.weight.T

    @torch.no_grad()
    def _finite(self, function: object, *inputs: Tensor | None) -> Floats:
        device = self.encoder.item_embedding.weight.device
        assert callable(function)
        made = function(*(None if given is None else given.to(device) for given in inputs))
        if not torch.isfinite(torch.stack(torch.aminmax(made))).all():
            raise FloatingPointError("the model's scores are not finite.")
        found: Floats = made.cpu().numpy()
        return found
