"""What a stored stage would hand over: its model, and the ids of the model's items."""

from __future__ import annotations

from ...core.errors import UserError
from ...core.interactions import Interactions, Partition
from ...core.pretrained import Pretrained
from .codecs import Codecs
from .store import Damaged, Store, artifact_type


def handed_over(store: Store, beginning: str) -> tuple[str, Pretrained, tuple[str, ...]]:
    """Return a stage's whole id, its model and the items' ids, from the data nearest among its ancestors.

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
        return stage_id, model, _item_ids(store, stage_id)
    except Damaged as damaged:
        raise UserError(
            f"{stage_id}: {damaged.file} of {damaged.stage_id} is missing or was altered; the next run makes it again."
        ) from None


def _item_ids(store: Store, stage_id: str) -> tuple[str, ...]:
    line = [stage_id]
    for ancestor in line:  # which grows: parents before their parents
        manifest = store.manifest(ancestor)
        if artifact_type(manifest) in ("partition", "interactions"):
            data: Partition | Interactions = Codecs().read(store, ancestor)
            return data.platform.item_ids if isinstance(data, Partition) else data.item_ids
        line += [parent for _, parent in sorted(manifest["stage"]["parents"].items()) if parent not in line]
    raise UserError(f"{stage_id}: none of the stages that led to it has data, so the ids of its items are unknown.")
