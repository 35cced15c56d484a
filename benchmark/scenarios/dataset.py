"""The stage that every scenario begins with: reading the raw data."""

from __future__ import annotations

from typing import Any

from ... import datasets
from ...core.interactions import Interactions
from ..stages.inputs import Hands


def dataset(hands: Hands) -> tuple[Interactions, dict[str, Any]]:
    """Read the raw data."""
    spec = datasets.resolve(hands.source)
    data = spec.open(spec.configure(hands.stage.params["config"])).load()
    return data, dict(data.info)
