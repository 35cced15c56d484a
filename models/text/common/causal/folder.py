"""The files of a published language model: a folder, or an id on the hub; weights only from safetensors."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import os
import re
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .....core.errors import UserError

FILES = ("*.safetensors", "*.safetensors.index.json", "*.json", "tokenizer.model", "*.txt")
"""What is fetched of a hub id; no pickled weights and no code."""
COMMIT = re.compile("[0-9a-f]{40}")


def check_installed() -> None:
    """Refuse where the libraries are missing.

    Raises:
        UserError: Saying how to get them.
    """
    missing = [name for name in ("transformers", "peft") if importlib.util.find_spec(name) is None]
    if missing:
        old = "" if sys.version_info >= (3, 11) else ", which needs Python 3.11 or newer"
        raise UserError(f"language models need {' and '.join(missing)}: pip install 'rbench[llm]'{old}.")


def is_folder(model: str) -> bool:
    """Whether an option ``model`` is a folder's path, and no id on the hub."""
    return os.path.isdir(os.path.expanduser(model)) or model.startswith(("/", ".", "~"))


def folder_of(model: str) -> Path:
    """Return the folder with a model's files, fetched from the hub if need be.

    Args:
        model: A folder, or an id on the hub.

    Raises:
        UserError: If it cannot be had, or has no weights in safetensors.
    """
    path = Path(os.path.expanduser(model))
    if not is_folder(model):
        path = _fetched(model)
    if not path.is_dir():
        raise UserError(f"model={model}: there is no folder {path}.")
    if not (path / "config.json").is_file():
        raise UserError(f"model={model}: {path} is no language model's folder; it holds no config.json.")
    if not any(path.glob("*.safetensors")):
        pickled = sorted(p.name for end in ("*.bin", "*.pt", "*.pth", "*.ckpt") for p in path.glob(end))
        found = f"{', '.join(pickled[:3])}, which may hold code and is not read" if pickled else "no weights"
        raise UserError(f"model={model}: weights must be in *.safetensors, and {path} holds {found}.")
    return path


def pinned(model: str) -> str:
    """Return a model's name that says which of its revisions is meant: ``owner/name@COMMIT``; a folder's as it is.

    Of an id without a commit it is the revision that an earlier run fetched, so that runs agree, or else the newest.

    Args:
        model: A folder, or an id on the hub, which may end in ``@`` and a branch, a tag or a commit.

    Raises:
        UserError: If the hub cannot say.
    """
    if is_folder(model):
        return model
    name, _, revision = model.partition("@")
    if COMMIT.fullmatch(revision):
        return model
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    with _told(model):
        try:
            commit = Path(snapshot_download(name, revision=revision or None, local_files_only=True)).name
        except LocalEntryNotFoundError:
            commit = str(HfApi().model_info(name, revision=revision or None).sha)
    return f"{name}@{commit}"


def fingerprint(model: str) -> str:
    """Return what tells the content of a model's folder apart: a digest of its weights, settings and tokenizer.

    Raises:
        UserError: As :func:`folder_of`.
    """
    found, folder = hashlib.sha256(), folder_of(model)
    for file in sorted({file for pattern in FILES for file in folder.glob(pattern)}):
        at = file.stat()
        found.update(f"{file.name}:{_digest(file, at.st_size, at.st_mtime_ns)}\n".encode())
    return found.hexdigest()[:20]


@functools.lru_cache(maxsize=256)
def _digest(file: Path, size: int, changed: int) -> str:
    """Return a file's digest; it is read again if its size or the time of its last change is another."""
    found = hashlib.sha256()
    with file.open("rb") as opened:
        while block := opened.read(1 << 24):
            found.update(block)
    return found.hexdigest()


def _fetched(model: str) -> Path:
    from huggingface_hub import snapshot_download

    name, _, revision = model.partition("@")
    with _told(model):
        return Path(snapshot_download(name, revision=revision or None, allow_patterns=list(FILES)))


@contextmanager
def _told(model: str) -> Iterator[None]:
    """Turn what the hub's client raises into a sentence."""
    from huggingface_hub.errors import HFValidationError

    try:
        yield
    except HFValidationError:
        raise UserError(f"model={model} is neither tiny, a folder, nor an id on the hub such as owner/name.") from None
    except Exception as error:  # the client raises whatever its network library does
        reason = textwrap.shorten(str(error), 120, placeholder=" ...")
        raise UserError(
            f"model={model} cannot be fetched from the hub ({type(error).__name__}: {reason}); "
            "give the path of a folder that holds it."
        ) from error
