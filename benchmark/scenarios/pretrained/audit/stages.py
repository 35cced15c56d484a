"""What the audit's own stages compute; both read the hand-over folder, by its path, which is no part of their ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from .....core.errors import UserError
from .....core.handover.folder import ITEMS, read_with_checksums
from .....core.handover.names import Names
from .....core.handover.vocabulary import fit
from .....core.interactions import Partition
from .....core.pretrained import Pretrained
from ....stages.inputs import StageInputs


def handed(inputs: StageInputs) -> tuple[Pretrained, dict[str, Any]]:
    """Read the model."""
    return _read(inputs, inputs.stage.params["files"])[0], {}


def fitted(inputs: StageInputs) -> tuple[Partition, dict[str, Any]]:
    """Put the data set over the items of the model; all of its users are the platform's. What that cost is logged."""
    params, folder = inputs.stage.params, inputs.source
    item_ids = _read(inputs, {ITEMS: params["items"]})[1]
    names = Names.read(params["names"], folder)
    found = fit(inputs.parents["dataset"], item_ids, folder, names)
    nobody = found.data.take(np.zeros(0, np.int64))
    counts = {field.name: getattr(found, field.name) for field in fields(found) if field.name != "data"}
    return Partition(nobody, found.data, "all users are the platform's"), counts


def _read(inputs: StageInputs, planned: Mapping[str, str]) -> tuple[Pretrained, tuple[str, ...]]:
    """Return the model and the ids of its items, if the files are those that went into the stage's id."""
    model, item_ids, now = read_with_checksums(inputs.source)
    if any(now.get(name) != digest for name, digest in planned.items()):
        raise UserError(f"{inputs.source} changed while it was looked at; give the same command again.")
    return model, item_ids
