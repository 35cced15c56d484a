"""What a stored stage would hand over: its model, and the ids of the model's items."""

from __future__ import annotations

from dataclasses import replace

from ... import models
from ...core.errors import UserError
from ...core.handover.names import Names
from ...core.interactions import Interactions, Partition
from ...core.pretrained import Pretrained
from .codecs import Codecs
from .store import Damaged, Store, artifact_type


def handed_over(store: Store, beginning: str) -> tuple[str, Pretrained, tuple[str, ...]]:
    """Return a stage's whole id, its model and the items' ids, from the data nearest among its ancestors.

    The model's card also names the categories and attributes that the model reads by number.

    Args:
        store: Where the stage and its ancestors are kept.
        beginning: The stage's id, or a unique beginning of it.

    Raises:
        UserError: If no stage is called so, it made no model, or something needed is missing or was altered.
    """
    stage_id, manifest = store.only(beginning)
    made = artifact_type(manifest)
    if made != "pretrained":
        raise UserError(
            f"{stage_id} made {made}, which is no model; name a stage of the kind pretrain, local, repair or adapt."
        )
    try:
        model: Pretrained = Codecs().read(store, stage_id)
        data = _data(store, stage_id)
    except Damaged as damaged:
        raise UserError(
            f"{stage_id}: {damaged.file} of {damaged.stage_id} is missing or was altered; the next run makes it again."
        ) from None
    names = Names.of(data, _reads_categories(model), model.prompt is not None)
    return stage_id, replace(model, card={**model.card, **names.claim()}), data.item_ids


def _reads_categories(model: Pretrained) -> bool:
    name = model.card.get("model")  # that of a plug-in's model is unknown here
    return name in models.registry.names() and getattr(models.registry.get(name), "needs_categories", False)


def _data(store: Store, stage_id: str) -> Interactions:
    line = [stage_id]
    for ancestor in line:  # which grows: parents before their parents
        manifest = store.manifest(ancestor)
        if artifact_type(manifest) in ("partition", "interactions"):
            data: Partition | Interactions = Codecs().read(store, ancestor)
            return data.platform if isinstance(data, Partition) else data
        line += [parent for _, parent in sorted(manifest["stage"]["parents"].items()) if parent not in line]
    raise UserError(f"{stage_id}: none of the stages that led to it has data, so the ids of its items are unknown.")
