"""Models that leave and come as files."""

from __future__ import annotations

from ...core.handover import folder as handover_folder
from ...core.pretrained import Pretrained
from ..stages.handed_over import handed_over
from ..stages.store import Store
from .words import Path_, store_url


def export(stage_id: str, directory: Path_, *, store: Path_ | None = None) -> str:
    """Write the model that a stage made into a new hand-over folder; as the command ``rbench export``.

    Args:
        stage_id: The stage's id, or a unique beginning of it.
        directory: Where nothing is yet, or an empty folder.
        store: URL or path where stages are kept; default: ``$RBENCH_STORE``, or the user's cache.

    Returns:
        The stage's whole id.

    Raises:
        UserError: If no stage is called so, it made no model, or the folder cannot be written.
    """
    found, model, item_ids = handed_over(Store(store_url(store)), stage_id)
    handover_folder.write(directory, model, item_ids)
    return found


def handover(directory: Path_) -> tuple[Pretrained, tuple[str, ...]]:
    """Read a hand-over folder, whoever wrote it; nothing in it is executed.

    Returns:
        The model, and the ids of its items: item ``i`` at position ``i - 1``.

    Raises:
        UserError: If it is no such folder; says why.
    """
    return handover_folder.read(directory)
