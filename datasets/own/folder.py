"""A folder, or a file alone, as a data set: tables, or RecBole's atomic files."""

from __future__ import annotations

import os
import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from fnmatch import fnmatch
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ...core.errors import UserError
from ..files.base import Dataset
from ..files.fingerprints import cached_digests
from ..reading.formats import ATOMIC, SHOWN_ENDS, ending, is_table
from ..sequences.natural import natural
from .config import FolderConfig, LogConfig

if TYPE_CHECKING:
    from ...core.interactions import Interactions

C = TypeVar("C", bound=FolderConfig)
PARTS = ("train", "valid", "test")
FIRST = (".csv", ".csv.gz", ".parquet")
"""Tables that are the log where there are others beside them."""
SHOWN = 8
"""Files that a message names."""


class OwnLog(Dataset[C]):
    """Data set read from the user's own files.

    Args:
        config: How to read them.
        name: What tables call it.
        folder: Where they lie.
        alone: Name of the only file to read, and for atomic files of those that belong to it; empty: all are read.
    """

    VERSION = 2

    def __init__(self, config: C | None, name: str, folder: Path, alone: str = "") -> None:
        super().__init__(config)
        self.name, self.folder, self.alone = name, folder, alone  # type: ignore[misc]  # an instance's own name

    def logs(self) -> list[Path]:
        """Return the files of the log, in their order; of a split log train, valid and test.

        Raises:
            UserError: If one is missing, or which files are the log isn't clear.
        """
        if self.config.split:
            return [self._named("split", [name])[0] for name in self.config.split]
        if self.config.log:
            return self._named("log", self.config.log)
        return [self.folder / (self.alone or self._only_log())]

    def files(self) -> dict[str, Path]:
        """Return all files by role.

        Raises:
            UserError: If one is missing, or which is the log isn't clear.
        """
        logs = self.logs()
        roles = PARTS if self.config.split else [f"log-{k}" if k > 1 else "log" for k in range(1, len(logs) + 1)]
        return dict(zip(roles, logs, strict=True)) | self.sides()

    def fingerprint(self) -> Mapping[str, object]:
        """Return the files' sha256."""
        return cached_digests(self.files())

    def lacks(self) -> frozenset[str]:
        """Return which of categories and attributes the options leave out."""
        there = {"categories": self._has("items", self.config.category)}
        there["attributes"] = self._has("users", "+".join(self.config.attributes))
        return frozenset(what for what, is_there in there.items() if not is_there)

    @abstractmethod
    def _has(self, role: str, option: str) -> bool:
        """Tell whether there may be what an option names; ``role`` is the file that would have it."""

    @abstractmethod
    def sides(self) -> dict[str, Path]:
        """Return the files about users and items by role: ``users``, ``items``.

        Raises:
            UserError: If one is missing.
        """

    @abstractmethod
    def _only_log(self) -> str:
        """Return the name of the file that is the log, there being no other."""

    def _named(self, option: str, patterns: Sequence[str]) -> list[Path]:
        """Return the files that names and patterns stand for; those of a pattern in natural order."""
        whole = "+".join(patterns)
        if (self.folder / whole).is_file():
            return [self.folder / whole]  # a name with a plus sign in it
        found: list[Path] = []
        for pattern in patterns:
            fitting = [n for n in _names(self.folder) if fnmatch(n, pattern) and not n.startswith("_")]
            fitting = [pattern] if (self.folder / pattern).is_file() else natural(fitting)
            if not fitting:
                raise UserError(
                    f"data set {self.name}: {option}={pattern}, and {self.folder / pattern} does not exist."
                )
            found += [self.folder / name for name in fitting]
        return list(dict.fromkeys(found))


class LogFolder(OwnLog[LogConfig]):
    """Data set read from tables."""

    def sides(self) -> dict[str, Path]:
        """Return the files that the options name."""
        names = {"users": self.config.users, "items": self.config.items}
        return {role: self._named(role, [name])[0] for role, name in names.items() if name}

    def files(self) -> dict[str, Path]:
        """Return all files by role.

        Raises:
            UserError: If one is missing or no table, or which is the log isn't clear.
        """
        files = super().files()
        for role, path in files.items():
            if not ending(path.name):
                raise UserError(f"data set {self.name}: {role}={path.name} ends in none of {SHOWN_ENDS}.")
        return files

    def _has(self, role: str, option: str) -> bool:
        return option not in ("", "none")

    def _only_log(self) -> str:
        others = {self.config.users, self.config.items}
        tables = [n for n in _names(self.folder) if is_table(n) and n not in others]
        found = [n for n in tables if ending(n) in FIRST]
        found = found or [n for n in tables if not ending(n).startswith(".txt")] or tables
        if len(found) != 1:
            raise UserError(
                f"data set {self.name}: which of {_shown(found) or 'no files'} in {self.folder} is the log? "
                f'Name it in rbench.toml: log = "FILE", or log = {_pattern(found)} if it lies in several files; if '
                "they are its parts for training, validation and testing: split = "
                f"{_parts(found) or '[TRAIN, VALID, TEST]'}."
            )
        return found[0]

    def check_columns(self) -> None:
        """Check that the files have their columns; see :func:`.read.check_tables`."""
        from .read import check_tables

        check_tables(self.name, self.logs(), self.files(), self.config)

    def load(self) -> Interactions:
        """Read the files; see :func:`.read.read_tables`."""
        from .read import read_tables

        return read_tables(self.name, self.logs(), self.files(), self.config)


class Folder(OwnLog[FolderConfig]):
    """Data set read from atomic files."""

    def sides(self) -> dict[str, Path]:
        """Return the ``.user`` and the ``.item`` file where there are any.

        Raises:
            UserError: If there are several of a kind.
        """
        found = {}
        for role, end in (("users", ".user"), ("items", ".item")):
            if self.alone:
                path = self.folder / (self.alone.removesuffix(ATOMIC) + end)
                files = [path.name] if path.is_file() else []
            else:
                files = self._of_kind(end)
            if files:
                found[role] = self.folder / files[0]
        return found

    def _has(self, role: str, option: str) -> bool:
        return option != "none" and role in self.sides()

    def _only_log(self) -> str:
        if split := _parts([name for name in _names(self.folder) if name.endswith(ATOMIC)]):
            raise UserError(
                f"data set {str(self.folder)!r} holds a log in three parts; to keep them, write "
                f"split = {split} in rbench.toml; to put them together, log = {split}."
            )
        if not (found := self._of_kind(ATOMIC)):
            raise _nothing(self.folder)
        return found[0]

    def _of_kind(self, end: str) -> list[str]:
        files = [name for name in _names(self.folder) if name.endswith(end)]
        if len(files) > 1:
            raise UserError(
                f"data set {str(self.folder)!r} holds {len(files)} {end} files ({', '.join(files)}); leave only one"
                f"{', or name them in rbench.toml: log = [...]' if end == ATOMIC else ''}."
            )
        return files

    def check_columns(self) -> None:
        """Check that the log has its columns; see :func:`.atomic.check_log`."""
        from .atomic import check_log

        check_log(self.logs()[0], self.config)

    def load(self) -> Interactions:
        """Read the files; see :func:`.atomic.read_atomic`."""
        from .atomic import read_atomic

        return read_atomic(self.name, self.logs(), self.sides(), self.config)


def kind_of(folder: Path) -> type[OwnLog[Any]]:
    """Return the class that reads a folder: that of atomic files if there is a log of this kind, or of tables.

    Raises:
        UserError: If the folder holds neither, or there is none.
    """
    names = _names(folder)
    if any(name.endswith(ATOMIC) for name in names):
        return Folder
    if any(map(is_table, names)):
        return LogFolder
    raise _nothing(folder)


def _names(folder: Path) -> list[str]:
    """Return the names of what is not hidden; those of folders end in a slash."""
    if not os.path.isdir(folder):  # Path.is_dir would raise for a name that is too long
        raise UserError(f"data set {str(folder)!r} does not exist.")
    try:
        return sorted(e.name + "/" * e.is_dir() for e in os.scandir(folder) if not e.name.startswith("."))
    except OSError as error:
        raise UserError(f"data set {str(folder)!r} cannot be read: {error.strerror}.") from error


def _shown(names: Sequence[str]) -> str:
    more = [f"{len(names) - SHOWN:,} more"] if len(names) > SHOWN else []
    return ", ".join([*names[:SHOWN], *more])


def _nothing(folder: Path) -> UserError:
    held = _shown(_names(folder)) or "nothing"
    return UserError(f"data set {str(folder)!r} holds no .inter file, and no table ({SHOWN_ENDS}); it holds {held}.")


def _pattern(names: Sequence[str]) -> str:
    """Return how rbench.toml would name all of some files: as a pattern if they are numbered, or as a list."""
    heads = {re.split("[0-9]", name)[0] for name in names}
    ends = {name[-len(ending(name)) :] for name in names}
    if len(heads) == len(ends) == 1 < len(names):
        return f'"{escape(heads.pop()) or "[0-9]"}*{ends.pop()}"'
    return str([*names]) if len(names) <= SHOWN else "[FIRST, SECOND, ...]"


def _parts(names: Sequence[str]) -> list[str]:
    """Return the names of three files called train, valid and test in this order, or nothing if others are there."""
    named = {part: name for name in names for part in re.split("[._-]", name) if part in PARTS}
    return [named[part] for part in PARTS] if len(named) == len(names) == len(PARTS) else []
