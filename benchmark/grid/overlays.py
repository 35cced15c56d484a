"""Options for single models, under ``[with.MODEL]`` in a preset or in a file of --config."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ...core.errors import UserError, unknown
from .options import merge

WITH = "with"


def for_model(layer: Mapping[str, Any], model: str) -> dict[str, dict[str, Any]]:
    """Return a preset's or file's options for a model: its own, and what it says under ``[with.MODEL]`` over them.

    Raises:
        UserError: If a section is no table.
    """
    own = {section: options for section, options in layer.items() if section != WITH}
    return merge(own, layer.get(WITH, {}).get(model, {}))


def check_overlays(layer: Mapping[str, Any], models: Collection[str], sections: Collection[str], origin: str) -> None:
    """Check that every model under ``[with]`` is known, and that it would read every section that is there.

    Args:
        layer: A preset or a file.
        models: Every model's name.
        sections: Sections that any model's overlay may have; its own is added.
        origin: Where the layer comes from, for messages.

    Raises:
        UserError: Naming the model or the section, and the nearest.
    """
    overlays = layer.get(WITH, {})
    if not isinstance(overlays, Mapping) or not all(isinstance(overlay, Mapping) for overlay in overlays.values()):
        raise UserError(f"{origin}: below [{WITH}] stand options for single models, e.g. [{WITH}.sasrec.train].")
    for model, overlay in overlays.items():
        if model not in models:
            raise unknown(f"model in {origin}: [{WITH}.{model}]:", model, models)
        for section in overlay:
            if section not in {*sections, model}:
                raise unknown(f"section in {origin}: [{WITH}.{model}.{section}]:", section, {*sections, model})
