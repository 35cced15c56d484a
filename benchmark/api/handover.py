"""Models that leave and come as files."""

from __future__ import annotations

from pathlib import Path

from ...core.checkpoint.read import read_checkpoint
from ...core.errors import unknown
from ...core.handover import folder as handover_folder
from ...core.handover.items import read_items
from ...core.pretrained import Pretrained
from ..grid.request import read_assignments
from ..stages.handed_over import handed_over
from ..stages.store import Store
from .words import Options, Path_, store_url


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


def import_checkpoint(
    checkpoint: Path_, directory: Path_, *, items: Path_, model: str | None = None, options: Options = None
) -> Pretrained:
    """Write a checkpoint of RecBole into a new hand-over folder; as the command ``rbench import``.

    Nothing in the checkpoint is executed.

    Args:
        checkpoint: A file that RecBole's trainer saved, or that ``torch.save(model.state_dict(), path)`` made.
        directory: Where nothing is yet, or an empty folder.
        items: A file with an item's id a line, in the order of the model's table.
        model: One of our victims; needed if the file holds a state alone.
        options: As to ``--set``: ``{"gru4rec.hidden_size": 64}``; they stand over those of the checkpoint.

    Returns:
        The model, as :func:`handover` reads it.

    Raises:
        UserError: If the checkpoint is damaged, hostile or of no victim, or the list of items does not fit.
    """
    from ...models.sequential.recbole.checkpoint import from_checkpoint

    sections, path = read_assignments(options), Path(checkpoint).expanduser()
    found = read_checkpoint(path)
    made = from_checkpoint(found, str(path), model, sections.pop(model, None) if model else None)
    if sections:
        raise unknown("section of --set:", min(sections), [model] if model else [], "It takes --model's name.")
    table = made.weights[handover_folder.ITEM_TABLE]
    handover_folder.write(directory, made, read_items(Path(items).expanduser(), len(table)))
    return made
