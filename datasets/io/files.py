"""Finds a folder's atomic files, knows them by their bytes, and gives them a name that can do no harm."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path

from ...core.errors import UserError

SUFFIXES = ("inter", "user", "item")


def find_files(folder: Path) -> dict[str, Path]:
    """Return the atomic files of ``folder`` by suffix (``inter``, ``user``, ``item``).

    Raises:
        UserError: If there is no such folder, no .inter file, or several files of one kind.
    """
    shown = repr(str(folder))
    if not os.path.isdir(folder):  # Path.is_dir would raise for a name that is too long
        raise UserError(f"data set {shown} does not exist.")
    try:
        names = sorted(name for name in os.listdir(folder) if not name.startswith("."))
    except OSError as error:
        raise UserError(f"data set {shown} cannot be read: {error.strerror}.") from error
    found = {}
    for suffix in SUFFIXES:
        files = [name for name in names if name.endswith(f".{suffix}")]
        if len(files) > 1:
            raise UserError(
                f"data set {shown} holds {len(files)} .{suffix} files ({', '.join(files)}); leave only one."
            )
        if files:
            found[suffix] = folder / files[0]
    if "inter" not in found:
        held = ", ".join(names[:8]) or "nothing"
        raise UserError(f"data set {shown} holds no .inter file, and no .csv or .parquet file; it holds {held}.")
    return found


def beside(inter: Path) -> dict[str, Path]:
    """Return an .inter file and the .user and .item files of the same name beside it, by suffix."""
    files = {suffix: inter.with_suffix(f".{suffix}") for suffix in SUFFIXES}
    return {suffix: path for suffix, path in files.items() if path.is_file()}


def display_name(folder: Path) -> str:
    """Return the folder's own name with all but letters, digits, ``.``, ``_`` and ``-`` replaced."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", os.path.basename(os.path.abspath(folder)))
    return re.sub(r"\.{2,}", ".", name)[:64].strip(".-") or "folder"


def digests(files: Mapping[str, Path]) -> dict[str, object]:
    """Return the sha256 of every file by suffix.

    Raises:
        UserError: If a file cannot be read.
    """
    found: dict[str, object] = {}
    for suffix, path in files.items():
        digest = hashlib.sha256()
        try:
            with path.open("rb") as file:
                while chunk := file.read(1 << 20):
                    digest.update(chunk)
        except OSError as error:
            raise UserError(f"{path} cannot be read: {error.strerror}.") from error
        found[suffix] = digest.hexdigest()
    return found
