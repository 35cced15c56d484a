"""A network of any sequential model of RecBole's, by what it can do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..encoder import SequenceEncoder
from .abilities import Abilities, Padding, abilities
from .bert4rec import BERT4RecNetwork
from .encoder import RecBoleEncoder
from .network import recbole_network
from .scorer import RecBoleScorer, RepeatNetScorer


def victim_network(
    name: str,
    n_items: int,
    max_length: int,
    options: Mapping[str, Any],
    padding: Padding = "zero",
    takes_prompts: bool = False,
) -> SequenceEncoder:
    """Return a freshly initialised network; draws from torch's current random state.

    Args:
        name: RecBole's name of a model.
        n_items: Number of items.
        max_length: Longest sequence.
        options: The model's options by RecBole's names; what is not named has RecBole's default.
        padding: Whether row 0 of the item table is zero, or kept.
        takes_prompts: Whether soft tokens may stand before a sequence, where the network can read them.

    Raises:
        UserError: If RecBole is missing, has no such model, or the model cannot be a victim.
    """
    return network_of(abilities(name), n_items, max_length, options, padding, takes_prompts)


def network_of(
    can: Abilities,
    n_items: int,
    max_length: int,
    options: Mapping[str, Any],
    padding: Padding = "zero",
    takes_prompts: bool = False,
) -> SequenceEncoder:
    """Return a freshly initialised network of a model that can do this."""
    if can.examples == "windows":
        return recbole_network(RecBoleEncoder, can.name, n_items, max_length, options, takes_prompts=takes_prompts)
    if can.examples == "cloze":
        reads_both_sides = recbole_network(
            BERT4RecNetwork, can.name, n_items, max_length, options, takes_prompts=takes_prompts
        )
        reads_both_sides.settle(float(options.get("ft_ratio", can.options["ft_ratio"])))
        return reads_both_sides
    kept = padding == "kept"
    declared = {"fixed_width": kept or not can.trims, "keeps_padding": kept}
    if can.name == "RepeatNet":
        repeats = recbole_network(RepeatNetScorer, can.name, n_items, max_length, options, None, **declared)
        repeats.settle()
        return repeats
    return recbole_network(RecBoleScorer, can.name, n_items, max_length, options, None, **declared)
