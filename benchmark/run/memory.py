"""Freed memory stays with the process: a training's steps ask for the same arrays again and again."""

from __future__ import annotations

import ctypes
import functools

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4
"""Parameters of glibc's ``mallopt``, as in its ``malloc.h``."""


@functools.cache
def keep_freed_memory() -> bool:
    """Tell glibc to keep what is freed, for the rest of the process; returns whether there is a glibc that does.

    By default it hands every large array back to the system and asks for it anew, page by page.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, TypeError, AttributeError):  # not this system's C library
        return False
    return bool(mallopt(M_MMAP_MAX, 0) and mallopt(M_TRIM_THRESHOLD, 2**31 - 1))
