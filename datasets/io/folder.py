"""A folder in RecBole's atomic format (.inter, and .user and .item where there are any) as a data set."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from .base import Dataset
from .files import digests, find_files
from .folder_config import FolderConfig

if TYPE_CHECKING:
    from ...core.interactions import Interactions


class Folder(Dataset[FolderConfig]):
    """Data set read from atomic files.

    Args:
        config: How to read them.
        name: What tables call it.
        files: The files by suffix, as :func:`find_files` returns them.
    """

    def __init__(self, config: FolderConfig | None, name: str, files: Mapping[str, Path]) -> None:
        super().__init__(config)
        self.name, self.files = name, files  # type: ignore[misc]  # an instance's own name, as its folder's

    @classmethod
    def locate(cls, path: Path, name: str) -> Folder:
        """Return the data set in the folder ``path``.

        Raises:
            UserError: If :func:`find_files` finds none.
        """
        return cls(None, name, find_files(path))

    def reopen(self, config: FolderConfig) -> Folder:
        """Return the same files under another configuration."""
        return type(self)(config, self.name, self.files)

    def fingerprint(self) -> Mapping[str, object]:
        """Return the files' sha256."""
        return digests(self.files)

    def load(self) -> Interactions:
        """Read the files; see :func:`rbench.datasets.io.atomic.read`."""
        from .atomic import read

        return read(self.name, self.files, self.config)
