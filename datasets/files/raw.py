"""Data sets whose raw files the user gives: known by what is in them, wherever they lie."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, TypeAlias

from typing_extensions import TypeVar

from ...core.errors import UserError
from .archive import unpacked
from .base import Dataset, DatasetConfig
from .fingerprints import cached_digests
from .places import TOKEN, data_home, recall, remember, token_of

Link: TypeAlias = tuple[str, str] | Mapping[str, tuple[str, str]]
"""An archive's address and sha256 (empty: not stated anywhere), or those of each file by its name, all stated."""


@dataclass(frozen=True)
class RawConfig(DatasetConfig):
    """Options of a data set made from raw files."""

    path: str = ""
    """Folder or archive of the raw files, or one of them; empty: the data folder, for ``rbench data NAME --from``."""


R = TypeVar("R", bound=RawConfig, default=RawConfig)


class RawDataset(Dataset[R]):
    """Base of data sets made from raw files; R is the class of their options."""

    links: ClassVar[Mapping[str, Link]] = {}
    """Where the files can be downloaded, by a short name."""
    wanted: ClassVar[str]
    """The files that there should be, in words."""
    forms: ClassVar[Sequence[Mapping[str, str]]] = ()
    """Names of the files by role, for each form in which there are such files; the first form counts."""
    inner: ClassVar[Sequence[str]] = ("",)
    """Where inside of a given folder they may lie."""

    @classmethod
    def find(cls, folder: Path) -> dict[str, Path]:
        """Return the raw files in a folder by their role, plain or gzipped; nothing where it does not hold them."""
        for place in (folder / inner for inner in cls.inner):
            for form in cls.forms:
                files = {
                    role: path
                    for role, name in form.items()
                    for path in (place / f"{name}.gz", place / name)
                    if path.is_file()
                }
                if len(files) == len(form):
                    return files
        return {}

    @classmethod
    def check(cls, files: Mapping[str, Path]) -> None:
        """Refuse files that are not to get into the data folder; most data sets take whatever has the right names.

        Raises:
            UserError: If a file is not what it should be.
        """

    @classmethod
    def settle(cls, config: R) -> R:
        """Return the configuration with ``path`` replaced by a token of the files' content.

        So that neither a plan nor a record depends on where somebody keeps the files. Where they
        are is remembered in the user's cache.

        Raises:
            UserError: If ``path`` does not lead to the raw files.
        """
        if config.path.startswith(TOKEN) or (not config.path and not cls._default().exists()):
            return config
        folder, files = cls.locate(config.path)
        token = token_of(cached_digests(files))
        remember(token, folder)
        return dataclasses.replace(config, path=token)

    @classmethod
    def locate(cls, path: str) -> tuple[Path, dict[str, Path]]:
        """Return the folder with the raw files, and the files by role.

        Raises:
            UserError: If they are not there; says where they should be.
        """
        place = recall(cls.name, path) if path.startswith(TOKEN) else Path(os.path.expanduser(path or cls._default()))
        if not os.path.lexists(place):
            hint = f"data set {cls.name} needs {cls.wanted}"
            download = f" `rbench data {cls.name}` downloads them;" if cls.links else ""
            gone = f"{place} does not exist; " if path else ""
            raise UserError(
                f"{gone}{hint}:{download} `rbench data {cls.name} --from FILE_OR_DIR` takes them from elsewhere, "
                f"or put them into {cls._default()}."
            )
        folder = place
        if place.is_file():
            # One of the files stands for all that lie beside it.
            folder = place.parent if place in cls.find(place.parent).values() else unpacked(place)
        files = cls.find(folder)
        archives = [] if files or not folder.is_dir() else sorted(folder.glob("*.zip"))
        if len(archives) == 1:
            folder = unpacked(archives[0])
            files = cls.find(folder)
        if not files:
            there = ", ".join(sorted(os.listdir(folder))[:8]) if folder.is_dir() else ""
            raise UserError(f"{place} does not hold {cls.wanted}; it holds {there or 'nothing'}.")
        return folder, files

    def files(self) -> dict[str, Path]:
        """Return the raw files by role.

        Raises:
            UserError: If they are missing, or others than when the run was planned.
        """
        folder, files = self.locate(self.config.path)
        if self.config.path.startswith(TOKEN) and token_of(cached_digests(files)) != self.config.path:
            raise UserError(f"the raw files of {self.name} in {folder} have changed since they were first looked at.")
        return files

    def fingerprint(self) -> Mapping[str, object]:
        """Return the files' sha256."""
        return cached_digests(self.files())

    @classmethod
    def _default(cls) -> Path:
        return data_home() / cls.name
