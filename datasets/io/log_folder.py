"""A folder of CSV or parquet files, with an rbench.toml that says which columns mean what, as a data set."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ...core.errors import UserError
from .base import Dataset
from .fingerprints import cached_digests
from .log_config import LogConfig

if TYPE_CHECKING:
    from ...core.interactions import Interactions

ENDS = (".csv", ".csv.gz", ".parquet")
TABS = (".tsv", ".tsv.gz")
"""Of files that are read if they are named."""


class LogFolder(Dataset[LogConfig]):
    """Data set read from a shop's own files.

    Args:
        config: How to read them.
        name: What tables call it.
        folder: Where they lie.
    """

    def __init__(self, config: LogConfig | None, name: str, folder: Path) -> None:
        super().__init__(config)
        self.name, self.folder = name, folder  # type: ignore[misc]  # an instance's own name, as its folder's

    @staticmethod
    def fits(folder: Path) -> bool:
        """Tell whether a folder holds CSV or parquet files, and none in RecBole's atomic format."""
        names = os.listdir(folder) if os.path.isdir(folder) else []
        return not any(name.endswith(".inter") for name in names) and any(name.endswith(ENDS) for name in names)

    def reopen(self, config: LogConfig) -> LogFolder:
        """Return the same files under another configuration."""
        return type(self)(config, self.name, self.folder)

    def files(self) -> dict[str, Path]:
        """Return the files by role: log, users, items.

        Raises:
            UserError: If one is missing, or which is the log isn't clear.
        """
        names = {"log": self.config.log, "users": self.config.users, "items": self.config.items}
        if not names["log"]:
            others = {names["users"], names["items"]}
            found = sorted(n for n in os.listdir(self.folder) if n.endswith(ENDS) and n not in others)
            if len(found) != 1:
                raise UserError(
                    f"data set {self.name}: which of {', '.join(found) or 'no files'} in {self.folder} is the log? "
                    'Name it in rbench.toml: log = "FILE".'
                )
            names["log"] = found[0]
        files = {role: self.folder / name for role, name in names.items() if name}
        for role, path in files.items():
            if not path.is_file():
                raise UserError(f"data set {self.name}: {role}={path.name}, and {path} does not exist.")
            if not path.name.endswith((*ENDS, *TABS)):
                ends = ", ".join((*ENDS, *TABS))
                raise UserError(f"data set {self.name}: {role}={path.name} ends in none of {ends}.")
        return files

    def fingerprint(self) -> Mapping[str, object]:
        """Return the files' sha256."""
        return cached_digests(self.files())

    def load(self) -> Interactions:
        """Read the files; see :func:`rbench.datasets.io.log_read.read_log`."""
        from .log_read import read_log

        return read_log(self.name, self.files(), self.config)
