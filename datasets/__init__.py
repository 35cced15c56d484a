"""Data sets by name, folder or file, none of them read before it is asked to load."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..core.config import configure
from ..core.errors import UserError
from ..core.methods import find
from ..core.registry import Registry, version
from .io.base import Dataset, DatasetConfig
from .io.files import beside, display_name
from .io.folder import Folder
from .io.log_folder import ENDS, TABS, LogFolder
from .io.settings import read_settings

__all__ = ["Dataset", "DatasetConfig", "DatasetSpec", "register", "registry", "resolve"]

INTER = ".inter"
LOGS = (INTER, *ENDS, *TABS)
"""Ends of the names of files that are a log."""

registry: Registry[type[Dataset[Any]]] = Registry("dataset", __name__, "rbench.datasets", base=Dataset)
register = registry.register


@dataclass(frozen=True)
class DatasetSpec:
    """A data set that was found and not yet opened.

    Attributes:
        name: What tables call it, and where its options are set; only letters, digits, ``.``, ``_`` and ``-``.
        config_class: The dataclass of its options.
        version: Raised by hand whenever the same raw data would load differently; ``core.registry.version``.
        defaults: Options that come with the data, e.g. from the ``rbench.toml`` beside the files.
        settle: Replaces options that say where files lie by what is in them, or None where there are none such.
        make: Builds the data set from a configuration.
    """

    name: str
    config_class: type[DatasetConfig]
    version: int | str
    make: Callable[[Any], Dataset[Any]]
    defaults: Mapping[str, object] = field(default_factory=dict)
    settle: Callable[[Any], DatasetConfig] | None = None

    def configure(self, options: Mapping[str, object]) -> DatasetConfig:
        """Build the configuration from ``options`` over the data set's own defaults.

        Raises:
            UserError: If an option is unknown or its value does not fit.
        """
        config = configure(self.config_class, {**self.defaults, **options}, self.name)
        return config if self.settle is None else self.settle(config)

    def open(self, config: DatasetConfig | None = None) -> Dataset[Any]:
        """Return the data set under ``config``, or under its own defaults; reads nothing yet."""
        return self.make(self.configure({}) if config is None else config)


def resolve(name: str) -> DatasetSpec:
    """Find the data set called ``name``: a registered one, a folder of files, or the file of a log alone.

    A folder holds RecBole's atomic files, or else CSV or parquet files. A log is a file of one of these kinds; an
    rbench.toml beside it is not for it, and of the files beside it only the atomic ones of its own name are read.

    Raises:
        UserError: If it is none of these, or the folder holds no data set.
    """
    is_path = "/" in name or os.sep in name or name.startswith("~") or name in (".", "..")
    known = registry.names()
    if name in known or not (is_path or (name and os.path.exists(name))):
        try:
            registry.get(name)
        except UserError as error:
            raise UserError(
                f"{error} The path of a folder of atomic, CSV or parquet files, or of a log, is accepted too."
            ) from error
        cls = find(registry, name, Dataset)
        return DatasetSpec(name, cls.Config, version(cls), cls, settle=getattr(cls, "settle", None))
    path = Path(os.path.expanduser(name))
    is_log = os.path.isfile(path)  # Path.is_file would raise for a name that is too long
    shown = display_name(_stem(path) if is_log else path)
    # A table must be able to tell it from the data set that comes with the package.
    shown = f"{shown}-{'log' if is_log else 'folder'}" if shown in known else shown
    if is_log:
        return _log(path, shown)
    if LogFolder.fits(path):
        log = LogFolder(None, shown, path)
        return DatasetSpec(shown, log.Config, log.VERSION, log.reopen, read_settings(path, log.Config))
    folder = Folder.locate(path, shown)
    return DatasetSpec(shown, folder.Config, folder.VERSION, folder.reopen, read_settings(path))


def _stem(path: Path) -> Path:
    return path.with_name(next((path.name.removesuffix(end) for end in LOGS if path.name.endswith(end)), path.name))


def _log(path: Path, shown: str) -> DatasetSpec:
    """Return the data set of a log alone.

    Raises:
        UserError: If its name says that it is something else.
    """
    if not path.name.endswith(LOGS):
        raise UserError(f"{path} is no log: its name ends in none of {', '.join(LOGS)}.")
    if path.name.endswith(INTER):
        folder = Folder(None, shown, beside(path))
        return DatasetSpec(shown, folder.Config, folder.VERSION, folder.reopen)
    log = LogFolder(None, shown, path.parent)
    separator = {"separator": "tab"} if path.name.endswith(TABS) else {}
    return DatasetSpec(shown, log.Config, log.VERSION, log.reopen, {"log": path.name, **separator})
