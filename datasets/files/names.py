"""Names for folders that can do no harm, and the checksums of files."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from ...core.errors import UserError


def display_name(folder: Path) -> str:
    """Return the folder's own name with all but letters, digits, ``.``, ``_`` and ``-`` replaced."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", os.path.basename(os.path.abspath(folder)))
    return re.sub(r"\.{2,}", ".", name)[:64].strip(".-") or "folder"


def sha256_of(path: Path) -> str:
    """Return a file's sha256.

    Raises:
        UserError: If it cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error
    return digest.hexdigest()
