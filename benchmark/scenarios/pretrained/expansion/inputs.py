"""Which stages a defense reads for the inputs that it declares; ``stages/views.py`` hands it their results."""

from __future__ import annotations

from collections.abc import Callable

from .....defenses import Local, ReferenceModels
from ....stages.setting import Variant

OwnModel = tuple[str, str]
"""The ids of a model and of its ranking."""


def declared(
    link: Variant, local: Callable[[], OwnModel], reference: Callable[[int, float], OwnModel]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the parents and the further ancestors of a defense's stage that make up what it declares.

    Args:
        link: The defense.
        local: Adds the local model.
        reference: Adds a reference model, by its number, from 1 on, and its share of the users.
    """
    parents: dict[str, str] = {}
    ancestors: dict[str, str] = {}
    for one in link.cls(link.config).inputs:
        match one:
            case Local():
                ancestors["local model"], parents["local"] = local()
            case ReferenceModels(n, share):
                for k in range(1, n + 1):
                    ancestors[f"reference model {k}"], parents[f"reference {k}"] = reference(k, share)
    return parents, ancestors
