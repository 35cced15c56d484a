"""What RecBole's models have in common as victims' networks: how they are built, and prompts before sequences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, ClassVar, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..encoder import SequenceEncoder
from .dataset import Items
from .door import build, model_class, settings

N = TypeVar("N", bound="RecBoleNetwork")


class RecBoleNetwork(SequenceEncoder):
    """Mixed into a model of RecBole's, whose ``forward`` and names of parameters stay.

    Attributes:
        keeps_padding: Whether row 0 of the item table, padding, is a row like others, which short histories are filled
            up with. Else it is zero whenever the model reads it, as RecBole declares it (``padding_idx=0``), though its
            models then draw the row like any other: so a provider can hide nothing there.
    """

    keeps_padding: ClassVar[bool] = False
    forward: Any

    def settle_padding(self) -> None:
        """Make row 0 of the item table zero, unless it is kept."""
        if not self.keeps_padding:
            with torch.no_grad():
                self.item_embedding.weight[0] = 0

    @contextmanager
    def _prompted(self, items: Tensor, prompt: Tensor | None) -> Iterator[tuple[Tensor, int]]:
        """Yield ``items`` with places for the soft tokens before them, and how many there are.

        As long as this lasts, the tokens stand in these places, whatever ``forward`` looks up.

        Args:
            items: int ``[batch, length]``.
            prompt: float ``[batch, 1, tokens, d]``, or None.
        """
        if prompt is None:
            yield items, 0
            return
        tokens = prompt.shape[2]
        # Of the batch's own items, so that no other row is read, and not 0, which attention would leave out.
        places = items[:, :1].clamp(min=1).expand(-1, tokens)
        with self._hooks(prompt[:, 0]):
            yield torch.cat([places, items], 1), tokens

    @contextmanager
    def _hooks(self, prompt: Tensor) -> Iterator[None]:
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


def recbole_network(
    base: type[N],
    name: str,
    n_items: int,
    max_length: int,
    options: Mapping[str, object],
    categories: NDArray[np.integer] | None = None,
    **declared: object,
) -> N:
    """Return a freshly initialised network; draws from torch's current random state.

    Args:
        base: How it encodes sequences; mixed into RecBole's class.
        name: RecBole's name of a model, e.g. ``GRU4Rec``.
        n_items: Number of items.
        max_length: Longest sequence.
        options: The model's options by RecBole's names.
        categories: int ``[n_items + 1]``: each item's category, for models with features.
        declared: Class attributes of ``SequenceEncoder`` that are otherwise than in ``base``.

    Raises:
        UserError: If RecBole is missing or has no such model.
    """
    theirs = model_class(name)
    config = settings(theirs, options, max_length)
    if declared.get("keeps_padding"):
        declared["only_looks_up"] = False  # for row 0 is read, which is none of a batch's items
    cls = type(name, (base, theirs), declared)
    network = build(cls, config, Items(n_items, categories, max_length))
    assert isinstance(network, base)
    network.max_length = max_length
    return network
