"""A hand-over folder: written whole or not at all, and read without trust."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

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


def read(folder: str | os.PathLike[str]) -> tuple[Pretrained, tuple[str, ...]]:
    """Read a hand-over folder; nothing in it is executed, and other files in it are not looked at.

    Returns:
        The model, and the ids of its items: item ``i`` at position ``i - 1``.

    Raises:
        UserError: If a file is missing, leads out of the folder, or is not what :func:`write` writes.
    """
    path = Path(folder)
    return _decode(_files(path), path)


def read_with_checksums(folder: str | os.PathLike[str]) -> tuple[Pretrained, tuple[str, ...], dict[str, str]]:
    """Read a hand-over folder as :func:`read` does; also return the :func:`checksums` of what was read."""
    path = Path(folder)
    files = _files(path)
    return *_decode(files, path), _sums(files)


def read_card(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """Read the card alone, without the model's arrays.

    Raises:
        UserError: If it is missing, leads out of the folder, or is none.
    """
    path = Path(folder)
    return decode_card(_file(path, CARD), str(path / CARD))[0]


def read_item_ids(folder: str | os.PathLike[str]) -> tuple[str, ...]:
    """Read the ids of the model's items alone: item ``i`` at position ``i - 1``.

    Raises:
        UserError: If their list is missing, leads out of the folder, or is none.
    """
    path = Path(folder)
    return decode_items(_file(path, ITEMS), path / ITEMS)


def checksums(folder: str | os.PathLike[str]) -> dict[str, str]:
    """Return the sha256 of each of a hand-over folder's files by its name; what is in them is not looked at.

    Raises:
        UserError: If a file is missing, too large, or leads out of the folder.
    """
    return _sums(_files(Path(folder)))


def checksum(folder: str | os.PathLike[str]) -> str:
    """Return what tells the contents of hand-over folders apart, wherever they lie.

    Raises:
        UserError: If :func:`read` would refuse the folder.
    """
    return together(read_with_checksums(folder)[2])


def together(sums: Mapping[str, str]) -> str:
    """Return the one :func:`checksum` that :func:`checksums` come to."""
    lines = "".join(f"{name} {digest}\n" for name, digest in sorted(sums.items()))
    return f"sha256:{hashlib.sha256(lines.encode()).hexdigest()[:32]}"


def _sums(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


def _files(path: Path) -> dict[str, bytes]:
    _check_folder(path)
    contents = {name: _content(path, name) for name in _MOST_BYTES}
    return {name: content for name, content in contents.items() if content is not None}


def _file(path: Path, name: str) -> bytes:
    _check_folder(path)
    content = _content(path, name)
    assert content is not None  # only prompts may be missing
    return content


def _check_folder(path: Path) -> None:
    if path.is_file():
        raise UserError(
            f"{path} is a file; a hand-over folder is needed: rbench import makes one from a checkpoint of "
            "RecBole, see docs/handover.md."
        )
    if not path.is_dir():
        raise UserError(f"{path}: there is no such folder.")


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
