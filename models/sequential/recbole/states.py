"""States of RecBole's models in our names, where a network here has other arrays than RecBole's class."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from ....core.handover.folder import ITEM_TABLE

Arrays = dict[str, NDArray[Any]]
REPEATNET_TABLE = "item_matrix.weight"
MASK = "item_embedding.mask"


def renamed(model: str, state: Arrays) -> Arrays:
    """Return a state as our network has it; one that is so already is returned as it is.

    Args:
        model: RecBole's name of the model.
        state: Name to array. RepeatNet has another name for its item table. BERT4Rec's table has a last row for hidden
            items, which is an array of its own here.
    """
    made = dict(state)
    if model == "RepeatNet" and ITEM_TABLE not in state and REPEATNET_TABLE in state:
        made[ITEM_TABLE] = made.pop(REPEATNET_TABLE)
    if model == "BERT4Rec" and MASK not in state and ITEM_TABLE in state and state[ITEM_TABLE].ndim == 2:
        table = state[ITEM_TABLE]
        if len(table) > 1:
            made |= {ITEM_TABLE: table[:-1], MASK: table[-1]}
    return made
