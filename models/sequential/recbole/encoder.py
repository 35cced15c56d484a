"""A causal model of RecBole's, by RecBole's class and ``forward``, as a victim's network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..encoder import SequenceEncoder
from .dataset import Items
from .door import build, model_class, settings


class RecBoleEncoder(SequenceEncoder):
    """Mixed into a model of RecBole's: every position is encoded at once, and prompts may stand before them.

    RecBole's causal models end in ``gather_indexes``, which picks the last position of each sequence. Here it picks
    all; everything else is RecBole's, the names of parameters too. The model must be causal, and its scores must be
    products with its item table.
    """

    only_looks_up = True
    forward: Any

    def gather_indexes(self, output: Tensor, gather_index: Tensor) -> Tensor:
        """Return ``output``, float ``[batch, length, d]``, as it is."""
        return output

    def encode(self, items: Tensor, prompt: Tensor | None = None) -> Tensor:
        """Encode all positions; soft tokens have neither a position nor features, and positions count from 0."""
        items = items.long()
        tokens = 0
        with ExitStack() as stack:
            if prompt is not None:
                tokens = prompt.shape[2]
                stack.enter_context(self._prompted(prompt[:, 0]))
                # Of the batch's own items, so that no other row is read, and not 0, which attention would leave out.
                items = torch.cat([items[:, :1].clamp(min=1).expand(-1, tokens), items], 1)
            lengths = items.new_full((len(items),), items.shape[1])
            encoded: Tensor = self.forward(items, lengths)
        return encoded[:, tokens:]

    @contextmanager
    def _prompted(self, prompt: Tensor) -> Iterator[None]:
        """Let the first positions be the soft tokens ``[batch, tokens, d]`` in whatever ``forward`` looks up."""
        tokens = prompt.shape[1]

        def items(module: nn.Module, given: Any, found: Tensor) -> Tensor:
            return torch.cat([prompt, found[:, tokens:]], 1)

        def moved(module: nn.Module, given: tuple[Tensor]) -> Tensor:
            return (given[0] - tokens).clamp(min=0)

        def positions(module: nn.Module, given: Any, found: Tensor) -> Tensor:
            return torch.cat([torch.zeros_like(found[:, :tokens]), found[:, tokens:]], 1)

        def features(module: nn.Module, given: Any, found: Any) -> Any:
            sparse, dense = found
            return {"item": positions(module, given, sparse["item"])}, dense

        with ExitStack() as hooks:
            hooks.enter_context(self.item_embedding.register_forward_hook(items))
            if isinstance(table := getattr(self, "position_embedding", None), nn.Module):
                hooks.enter_context(table.register_forward_pre_hook(moved))
                hooks.enter_context(table.register_forward_hook(positions))
            if isinstance(layer := getattr(self, "feature_embed_layer", None), nn.Module):
                hooks.enter_context(layer.register_forward_hook(features))
            yield


def recbole_encoder(
    name: str,
    n_items: int,
    max_length: int,
    options: Mapping[str, object],
    categories: NDArray[np.integer] | None = None,
) -> RecBoleEncoder:
    """Return a freshly initialised network; draws from torch's current random state.

    Args:
        name: RecBole's name of a causal model, e.g. ``GRU4Rec``.
        n_items: Number of items.
        max_length: Longest sequence.
        options: The model's options by RecBole's names.
        categories: int ``[n_items + 1]``: each item's category, for models with features.

    Raises:
        UserError: If RecBole is missing or has no such model.
    """
    theirs = model_class(name)
    config = settings(theirs, options, max_length)
    cls = type(name, (RecBoleEncoder, theirs), {})
    network = build(cls, config, Items(n_items, categories))
    assert isinstance(network, RecBoleEncoder)
    network.max_length = max_length
    return network


def transformer_options(dropout: float, attention_dropout: float, max_length: int, **sizes: Any) -> dict[str, Any]:
    """Return sizes like those of ``sasrec`` by RecBole's names, the longest sequence left out."""
    return {"hidden_dropout_prob": dropout, "attn_dropout_prob": attention_dropout, **sizes}
