"""Makes whole folders or none, and says in one sentence when a disk is full."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...core.errors import UserError


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Give a temporary folder that becomes ``folder`` when all went well, and vanishes otherwise.

    Raises:
        UserError: If the disk is full or the folder cannot be written.
    """
    part = folder.with_name(f".{folder.name}.{secrets.token_hex(8)}.part")
    try:
        with told(folder):
            part.mkdir(parents=True)
            yield part
            os.replace(part, folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn the system's refusal to write into one sentence.

    Raises:
        UserError: If anything inside raised an OSError.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise UserError(
                f"the disk is full: {path} was not written; make room, or set RBENCH_DATA to a folder elsewhere."
            ) from error
        raise UserError(f"{path} cannot be written: {error.strerror or error}.") from error
