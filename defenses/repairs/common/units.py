"""The hidden units of a network's feed-forward blocks: how active they are, and the network without some of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ....core.errors import UserError
from ....core.interactions import Interactions

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.utils.hooks import RemovableHandle

    from ....models.sequential.encoder import SequenceEncoder
    from ....models.sequential.open_model import OpenModel

Values = NDArray[np.float64]


def feed_forward_blocks(encoder: SequenceEncoder) -> dict[str, tuple[str, str]]:
    """Return the feed-forward blocks of a network: names of the layers into and out of each one's hidden units.

    A block is a module that holds exactly two linear layers, the second of which reads what the first gives.
    """
    from torch import nn

    found = {}
    for name, module in encoder.named_modules():
        layers = [(part, layer) for part, layer in module.named_children() if isinstance(layer, nn.Linear)]
        if len(layers) == 2 and layers[0][1].out_features == layers[1][1].in_features:
            first, second = (f"{name}.{part}".lstrip(".") for part, _ in layers)
            found[name] = (first, second)
    return found


def activity(model: OpenModel, histories: Interactions) -> dict[str, Values]:
    """Return of each feed-forward block the mean activation of its hidden units, float64 ``[units]``, by its name.

    The mean is over all positions of each history, and over the histories.

    Raises:
        UserError: If the model has no such block.
    """
    blocks = feed_forward_blocks(model.encoder)
    if not blocks:
        raise UserError(
            f"{model.name} has no feed-forward block, whose hidden units could be pruned; choose another repair."
        )
    means: dict[str, list[NDArray[np.float32]]] = {name: [] for name in blocks}

    def look(name: str) -> RemovableHandle:
        def hook(module: nn.Module, given: tuple[Tensor, ...]) -> None:
            means[name].append(given[0].flatten(0, -2).mean(0).cpu().numpy())

        return model.encoder.get_submodule(blocks[name][1]).register_forward_pre_hook(hook)

    handles = [look(name) for name in blocks]
    try:
        for user in range(histories.n_users):  # one at a time, so that nothing is padded
            for _ in model.scores(histories.take(np.array([user]))):
                pass
    finally:
        for handle in handles:
            handle.remove()
    return {name: np.mean(found, 0, dtype=np.float64) for name, found in means.items()}


def without(model: OpenModel, pruned: Mapping[str, NDArray[np.integer]]) -> dict[str, NDArray[np.float32]]:
    """Return the weights of feed-forward blocks without some hidden units, by the names of ``pretrained.weights``.

    All weights into such a unit and out of it are zero. As long as its activation of 0 is 0, as it is for all but the
    sigmoid, no gradient reaches these weights, so that training leaves the unit pruned.

    Args:
        model: The model.
        pruned: int ``[k]`` of each block, the units to leave out.
    """
    weights = model.pretrained.weights
    changed = {}
    for block, (first, second) in feed_forward_blocks(model.encoder).items():
        units = pruned[block]
        for name in (f"{first}.weight", f"{first}.bias"):
            if name in weights:
                changed[name] = weights[name].copy()
                changed[name][units] = 0
        outgoing = changed[f"{second}.weight"] = weights[f"{second}.weight"].copy()
        outgoing[:, units] = 0
    return changed
