"""Data sets by name, folder or file, none of them read before it is asked to load."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from ..core.config import configure
from ..core.errors import UserError
from ..core.methods import find
from ..core.registry import Registry, version
from .files.base import Dataset, DatasetConfig
from .files.names import display_name
from .own.folder import Folder, LogFolder, kind_of
from .own.settings import read_settings
from .reading.formats import ATOMIC, SHOWN_ENDS, TABLES, ending

__all__ = ["Dataset", "DatasetConfig", "DatasetSpec", "register", "registry", "resolve"]

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

    A folder holds RecBole's atomic files, or else tables. A log is a file of one of these kinds; an rbench.toml beside
    it is not for it, and of the files beside it only the atomic ones of its own name are read. ``a=PATH`` calls the
    data set in PATH ``a``.

    Raises:
        UserError: If it is none of these, or the folder holds no data set.
    """
    called, equals, place = name.partition("=")
    if equals and place and not os.path.exists(name):
        if called != display_name(Path(called)) or called in registry.names():
            raise UserError(f"{name}: {called!r} cannot be a data set's name, or another has it.")
        return _own(Path(os.path.expanduser(place)), called)
    is_path = "/" in name or os.sep in name or name.startswith("~") or name in (".", "..")
    known = registry.names()
    if name in known or not (is_path or (name and os.path.exists(name))):
        try:
            registry.get(name)
        except UserError as error:
            raise UserError(
                f"{error} The path of a folder of atomic files or tables, or of a log, is accepted too."
            ) from error
        cls = find(registry, name, Dataset)
        return DatasetSpec(name, cls.Config, version(cls), cls, settle=getattr(cls, "settle", None))
    return _own(Path(os.path.expanduser(name)))


def _own(path: Path, called: str = "") -> DatasetSpec:
    """Return a data set of the user's own; ``called`` is its name, or "" if its files say it.

    Raises:
        UserError: If a file's name says that it is no log, or rbench.toml is malformed.
    """
    alone = path.name if os.path.isfile(path) else ""  # Path.is_file would raise for a name that is too long
    if alone and not ending(alone, LOGS):
        raise UserError(f"{path} is no log: its name ends in none of {ATOMIC}, {SHOWN_ENDS}.")
    cls = kind_of(path) if not alone else LogFolder if ending(alone) else Folder
    given = {} if alone else read_settings(path, cls.Config)
    said, stem = str(given.pop("name", "")), alone[: -len(ending(alone, LOGS))] or alone
    shown = called or said or display_name(path.with_name(stem) if alone else path)
    if shown in registry.names():  # tables must tell it from the data set that comes with the package
        shown = f"{shown}-{'log' if alone else 'folder'}"
    make = partial(cls, name=shown, folder=path.parent if alone else path, alone=alone)
    return DatasetSpec(shown, cls.Config, cls.VERSION, make, given)


LOGS = (ATOMIC, *TABLES)
"""Ends of the names of files that are a log."""
