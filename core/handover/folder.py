"""A hand-over folder: written whole or not at all, and read without trust."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..artifacts import encode
from ..errors import UserError
from ..pretrained import Pretrained
from .card import LARGEST, decode_card, encode_card
from .content import regular_content
from .items import MOST_BYTES, decode_items
from .padding import check_padding
from .tensors import decode_arrays
from .texts import check_text, shown

MODEL, PROMPT, CARD, ITEMS = "model.safetensors", "prompt.safetensors", "card.json", "items.txt"
ITEM_TABLE = "item_embedding.weight"
"""The array of every sequential victim with one row an item, padding first."""
_MOST_BYTES = {MODEL: 2**34, PROMPT: 2**30, CARD: LARGEST, ITEMS: MOST_BYTES}


def write(folder: str | os.PathLike[str], model: Pretrained, item_ids: Sequence[str]) -> None:
    """Write a model and the ids of its items into a new folder; the same ones always give the same bytes.

    Args:
        folder: A path where nothing is, or an empty folder other than the current one; its parents are made if need be.
        model: Its card must name model, configuration and number of items.
        item_ids: Item ``i`` of the model at position ``i - 1``.

    Raises:
        UserError: If something is there, nothing can be written there, or :func:`read` would refuse the folder.
    """
    path = Path(folder)
    if os.path.lexists(path) and not _is_empty(path):
        raise UserError(f"{path} is there already and is no empty folder, or it is the current one; name a new one.")
    for item in item_ids:
        check_text(item, "the data's item ids")
    table = model.weights.get(ITEM_TABLE)
    if table is None or table.ndim != 2:
        raise UserError(f"{path}: the model has no table {ITEM_TABLE} with a row an item, so it cannot be handed over.")
    files = encode(Pretrained(model.weights, model.prompt, {}))
    files |= {
        CARD: encode_card(model.card, table.shape[1], str(path)),
        ITEMS: "".join(f"{i}\n" for i in item_ids).encode(),
    }
    _decode(files, path)
    try:
        target = path.resolve()
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as beside:
            made = Path(beside) / target.name
            made.mkdir()
            for name, content in files.items():
                (made / name).write_bytes(content)
            os.rename(made, target)  # takes the place of an empty folder, and of nothing else
    except OSError as error:
        raise UserError(f"{path} cannot be written ({error.strerror}).") from error


def read(folder: str | os.PathLike[str], expected: str = "") -> tuple[Pretrained, tuple[str, ...]]:
    """Read a hand-over folder; nothing in it is executed, and other files in it are not looked at.

    Args:
        folder: Where it is.
        expected: The :func:`checksum` that it had; empty if any will do.

    Returns:
        The model, and the ids of its items: item ``i`` at position ``i - 1``.

    Raises:
        UserError: If a file is missing, leads out of the folder, or is not what :func:`write` writes; or if the folder
            has another checksum.
    """
    path = Path(folder)
    files = _files(path)
    if expected and _checksum(files) != expected:
        raise UserError(f"{path} has changed since the run was planned; the same command plans it anew.")
    return _decode(files, path)


def checksum(folder: str | os.PathLike[str]) -> str:
    """Return what tells the contents of hand-over folders apart, wherever they lie.

    Raises:
        UserError: If :func:`read` would refuse the folder.
    """
    path = Path(folder)
    files = _files(path)
    _decode(files, path)
    return _checksum(files)


def checksums(folder: str | os.PathLike[str]) -> dict[str, str]:
    """Return the sha256 of each of a hand-over folder's files by its name; what is in them is not looked at.

    Raises:
        UserError: If a file is missing, too large, or leads out of the folder.
    """
    return {name: hashlib.sha256(content).hexdigest() for name, content in _files(Path(folder)).items()}


def _checksum(files: Mapping[str, bytes]) -> str:
    whole = hashlib.sha256()
    for name, content in sorted(files.items()):
        whole.update(f"{name} {len(content)}\n".encode())
        whole.update(content)
    return f"sha256:{whole.hexdigest()[:32]}"


def _files(path: Path) -> dict[str, bytes]:
    if not os.path.isdir(path):
        raise UserError(f"{path}: there is no such folder.")
    contents = {name: _content(path, name) for name in _MOST_BYTES}
    return {name: content for name, content in contents.items() if content is not None}


def _decode(files: Mapping[str, bytes], path: Path) -> tuple[Pretrained, tuple[str, ...]]:
    card, shape = decode_card(files[CARD], str(path / CARD))
    items = decode_items(files[ITEMS], path / ITEMS)
    if len(items) != shape[0] - 1:
        raise UserError(f"{path / ITEMS} has {len(items)} items, and {CARD} says {shape[0] - 1}.")
    weights = decode_arrays(files[MODEL], str(path / MODEL))
    table = weights.get(ITEM_TABLE)
    if table is None or table.dtype != "float32" or table.shape != shape:
        found = "is missing" if table is None else f"is of {table.dtype} and shape {shown(table.shape)}"
        raise UserError(
            f"{path / MODEL}: {ITEM_TABLE} {found}; by {CARD} and {ITEMS} it must be of float32 and shape {shape}."
        )
    check_padding(table, f"{path / MODEL}: {ITEM_TABLE}")
    prompt = decode_arrays(files[PROMPT], str(path / PROMPT)) if PROMPT in files else None
    return Pretrained(weights, prompt, card), items


def _content(folder: Path, name: str) -> bytes | None:
    """Return a file's content, or None where a prompt is missing.

    Raises:
        UserError: If another is missing, or it is too large, no regular file, or outside of the folder.
    """
    path = folder / name
    if name == PROMPT and not os.path.lexists(path):
        return None
    try:
        real = path.resolve(strict=True)
        if real.parent != folder.resolve():
            raise UserError(f"{path} is a link that leads out of the folder; put the file itself there.")
        return regular_content(real, _MOST_BYTES[name])
    except FileNotFoundError:
        raise UserError(
            f"{path} is missing; a hand-over folder has {MODEL}, {CARD} and {ITEMS}, and {PROMPT} if there are prompts."
        ) from None
    except (OSError, RuntimeError) as error:  # a circle of links is a RuntimeError before Python 3.13
        raise UserError(f"{path} cannot be read ({getattr(error, 'strerror', None) or error}).") from error


def _is_empty(path: Path) -> bool:
    """Tell whether something is a folder, not the current one, with nothing in it that could be seen."""
    try:
        return not os.listdir(path) and not path.samefile(".")
    except OSError:
        return False
