"""Words that every function of the Python API takes: names, seeds, options, paths."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...core.registry import load_plugin
from ..stages.store import default_url

Path_ = str | os.PathLike[str]
Names = str | Sequence[Path_] | None
Seeds = int | str | Iterable[int] | None
Options = Mapping[str, Any] | Iterable[str] | None


def load_plugins(plugins: Path_ | Sequence[Path_]) -> tuple[str, ...]:
    """Register the methods of one or more Python files, and return the files' names.

    Raises:
        UserError: If one is missing or fails to import; says why.
    """
    files = tuple(os.fspath(file) for file in ([plugins] if isinstance(plugins, (str, os.PathLike)) else plugins))
    for file in files:
        load_plugin(file)
    return files


def store_url(store: Path_ | None) -> str:
    """Return where stages are kept, by default ``$RBENCH_STORE`` or the user's cache."""
    return default_url() if store is None else os.fspath(store)
