"""The files of a published language model: a folder, or an id on the hub; weights only from safetensors."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
from pathlib import Path

from .....core.errors import UserError

FILES = ("*.safetensors", "*.safetensors.index.json", "*.json", "tokenizer.model", "*.txt")
"""What is fetched of a hub id; no pickled weights and no code."""


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
    if not (path / "config.json").is_file():
        raise UserError(f"model={model}: {path} is no language model's folder; it holds no config.json.")
    if not any(path.glob("*.safetensors")):
        pickled = sorted(p.name for end in ("*.bin", "*.pt", "*.pth", "*.ckpt") for p in path.glob(end))
        found = f"{', '.join(pickled[:3])}, which may hold code and is not read" if pickled else "no weights"
        raise UserError(f"model={model}: weights must be in *.safetensors, and {path} holds {found}.")
    return path


def fingerprint(model: str) -> str:
    """Return what tells the content of a model's folder apart: a digest of its weights, settings and tokenizer.

    Raises:
        UserError: As :func:`folder_of`.
    """
    found, folder = hashlib.sha256(), folder_of(model)
    for file in sorted({file for pattern in FILES for file in folder.glob(pattern)}):
        own = hashlib.sha256()
        with file.open("rb") as opened:
            while block := opened.read(1 << 24):
                own.update(block)
        found.update(f"{file.name}:{own.hexdigest()}\n".encode())
    return found.hexdigest()[:20]


def _fetched(model: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError

    try:
        return Path(snapshot_download(model, allow_patterns=list(FILES)))
    except HFValidationError:
        raise UserError(f"model={model} is neither tiny, a folder, nor an id on the hub such as owner/name.") from None
    except Exception as error:  # the client raises whatever its network library does
        reason = " ".join(str(error).split())[:120]
        raise UserError(
            f"model={model} cannot be fetched from the hub ({type(error).__name__}: {reason}); "
            "give the path of a folder that holds it."
        ) from error
