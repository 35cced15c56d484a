"""The stage that every scenario begins with: reading the raw data."""

from __future__ import annotations

from typing import Any

from ... import datasets
from ...core.config import identity
from ...core.interactions import Interactions
from ...datasets.shown.notes import for_captions
from ..stages.inputs import StageInputs
from ..stages.kind import StageKind
from ..stages.setting import Setting
from ..stages.stage import Stage


def read_dataset(inputs: StageInputs) -> tuple[Interactions, dict[str, Any]]:
    """Read the raw data; the log has what to know of them under ``notes``, if there is anything."""
    spec = datasets.resolve(inputs.source)
    data = spec.open(spec.configure(inputs.stage.params["config"])).load()
    told = for_captions(data)
    return data, dict(data.info) | ({"notes": told} if told else {})


DATASET = StageKind("", "dataset", read_dataset, Interactions, prepares_data=True, seconds=1.0, bare=True)


def dataset_stage(setting: Setting) -> Stage:
    """Return the stage that reads a setting's data, the same in every scenario.

    Platform and audience are left out: they are for the partition and the draw of targets.

    Raises:
        UserError: If a file is missing, or lacks a column.
    """
    spec = setting.dataset
    data = spec.open(setting.data_config)
    data.check_columns()
    config = {k: v for k, v in identity(setting.data_config).items() if k not in ("platform", "audience")}
    fingerprint = dict(data.fingerprint())
    return DATASET.stage(spec.name, {"config": config, "fingerprint": fingerprint}, version=spec.version)
