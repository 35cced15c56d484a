"""The content of one file from a stranger."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ..errors import UserError


def regular_content(path: Path, most: int) -> bytes:
    """Return the content of a regular file, without waiting for a pipe.

    Args:
        path: The file; a link is followed.
        most: How many bytes it may have.

    Raises:
        UserError: If it is something else, too large, missing, or cannot be read.
    """
    try:
        # Not to follow a link that is put there meanwhile.
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        with open(os.open(path.resolve(strict=True), flags), "rb") as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode):
                raise UserError(f"{path} is no regular file.")
            if about.st_size > most:
                raise UserError(f"{path} is {about.st_size} bytes large; at most {most} are allowed.")
            return file.read(about.st_size)
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file.") from None
    except (OSError, RuntimeError, ValueError) as error:  # a circle of links is a RuntimeError before Python 3.13
        raise UserError(f"{path} cannot be read ({getattr(error, 'strerror', None) or error}).") from error
