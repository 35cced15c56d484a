"""Where raw files lie: the user's data folder, and what is remembered about files elsewhere."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from ...core.errors import UserError
from ...core.system.files import cache_home, write_atomically

TOKEN = "sha256:"


def data_home() -> Path:
    """Return ``$RBENCH_DATA``, or else the folder ``data`` in rbench's part of the user's cache.

    Raises:
        UserError: If it lies in rbench's own source: raw data must not get into a repository or a wheel.
    """
    home = Path(os.path.abspath(os.path.expanduser(os.environ.get("RBENCH_DATA") or str(cache_home() / "data"))))
    source = Path(__file__).resolve().parents[2]
    if source == home or source in home.parents:
        raise UserError(f"RBENCH_DATA={home} lies inside rbench's own source; choose a folder outside of it.")
    return home


def token_of(digests: object) -> str:
    """Return the text that stands for raw files in an option: what is in them, not where they lie."""
    return TOKEN + hashlib.sha256(json.dumps(digests, sort_keys=True).encode()).hexdigest()[:32]


def remember(token: str, folder: Path) -> None:
    """Note where the files of ``token`` lie, for the processes that will read them."""
    note = _note(token)
    text = json.dumps({"folder": str(folder.resolve())})
    try:
        if note.is_file() and note.read_text("utf-8") == text:
            return
        write_atomically(note, text.encode())
    except OSError as error:
        raise UserError(
            f"{note} cannot be written: {error.strerror}; set XDG_CACHE_HOME to a folder of yours."
        ) from error


def recall(name: str, token: str) -> Path:
    """Return where the files of ``token`` were last seen.

    Raises:
        UserError: If this user's cache holds no note of them.
    """
    try:
        return Path(json.loads(_note(token).read_text("utf-8"))["folder"])
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(
            f"where the raw files {token} of {name} lie is not known here; give their folder: --set {name}.path=FOLDER."
        ) from None


def _note(token: str) -> Path:
    return cache_home() / "raw" / f"{token.removeprefix(TOKEN)}.json"
