"""What an imported model reads otherwise than its user may expect, in a sentence each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ... import Model, registry


def caveats(card: Mapping[str, Any]) -> list[str]:
    """Return what is to be said of a model that was imported.

    Args:
        card: Its card, with ``model`` and ``config``.
    """
    victim, config = registry.get(card["model"]), card["config"]
    assert issubclass(victim, Model)
    length, said = config["max_length"], []
    if victim.needs_categories:
        said.append(
            "It reads items' categories by number, as RecBole numbered them; rankings are right only on data that are "
            "numbered alike."
        )
    if config.get("padding") == "kept":
        said.append(
            f"It reads row 0 of its item table, padding, with histories of less than {length} items, as it does in "
            f"RecBole, and no item shows what stands there; --set {victim.name}.padding=zero takes it out, and then "
            "these histories have other scores than in RecBole."
        )
    if "BERT4Rec" in (victim.recbole, config.get("model")):
        said.append(
            f"It reads all items of a history; with one of less than {length} items, RecBole's own ranking leaves out "
            "the oldest."
        )
    return said
