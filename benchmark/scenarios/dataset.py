"""The stage that every scenario begins with: reading the raw data."""

from __future__ import annotations

from typing import Any

from ... import datasets
from ...core.interactions import Interactions
from ..stages.inputs import StageInputs


def dataset(inputs: StageInputs) -> tuple[Interactions, dict[str, Any]]:
    """Read the raw data."""
    spec = datasets.resolve(inputs.source)
    data = spec.open(spec.configure(inputs.stage.params["config"])).load()
    return data, dict(data.info)
