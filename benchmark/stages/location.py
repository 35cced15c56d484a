"""A folder at any fsspec URL: what is in it, or one sentence on why that cannot be told."""

from __future__ import annotations

import errno
import os
import posixpath
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from ...core.errors import UserError, in_words
from ...core.files import read_whole, write_atomically

T = TypeVar("T")

ATTEMPTS = 3
"""How often something is tried that may go well the next time."""
PAUSE = 0.1
"""Seconds before the second attempt; four times as long before the third."""
_WRITTEN = ("mtime", "LastModified", "last_modified", "created")
"""How file systems call the time at which a file was written."""
_ABSENT = (FileNotFoundError, NotADirectoryError, IsADirectoryError)


class Unreachable(UserError):
    """A folder that cannot be read or written: no rights, a full disk, a connection that is down."""


class Location:
    """A folder that may be anywhere; opening it creates nothing.

    Attributes:
        url: Where it is; absolute if it is on this machine, so that it does not depend on the working directory.
        fs: Its fsspec file system.
        root: Its path there.
        local: Whether it is a folder of this machine.
        in_memory: Whether only this process has it.
    """

    def __init__(self, url: str, option: str = "--store") -> None:
        """Open; what is said of it begins with the option that named it.

        Raises:
            UserError: If no file system is known for the URL, or it names no folder.
        """
        import fsspec

        protocol, separator, rest = url.partition("://")
        if separator and protocol != "memory" and not rest.strip("/"):
            raise UserError(f"{option} {url}: names no folder; write, e.g., {protocol}://{_example(protocol)}.")
        try:
            # Other runs write there too, and what a file system remembers of a folder would hide it.
            self.fs, self.root = fsspec.core.url_to_fs(url, use_listings_cache=False)
        except Exception as error:  # file systems raise whatever their libraries do
            raise UserError(f"{option} {url}: {in_words(error)}") from error
        self.local = "file" in _protocols(self.fs)
        self.in_memory = "memory" in _protocols(self.fs)
        self.url = self.root if self.local else url
        self.option = option

    def check_writable(self) -> None:
        """Make the folder, and find out whether it can be written to.

        Raises:
            Unreachable: If it cannot.
        """
        try:
            self._tried("written to", self.root, lambda: self.fs.makedirs(self.root, exist_ok=True))
        except _ABSENT as error:
            raise self._unreachable("written to", self.root, error) from error
        self.write(self.path(".writable"), b"")

    def path(self, *parts: str) -> str:
        """Return the path of something in the folder."""
        return posixpath.join(self.root, *parts)

    def names(self) -> list[str]:
        """Return the names of what is in the folder; none if there is no such folder."""
        try:
            listed = self._tried("listed", self.root, lambda: self.fs.ls(self.root, detail=False))
        except _ABSENT:
            return []
        return [posixpath.basename(path.rstrip("/")) for path in listed]

    def files(self, below: str = "") -> list[str]:
        """Return the paths, from a folder in it on, of all files below that; none if there is no such folder."""
        top = self.path(below) if below else self.root
        return sorted(posixpath.relpath(path, top) for path in self._find(top))

    def sizes(self) -> list[tuple[str, int, float]]:
        """Return for every file its path from the folder on, its bytes, and when it was written, in Unix's seconds."""
        found = []
        for path, info in self._find(self.root).items():
            written = next(
                (info[name] for name in ("mtime", "LastModified", "last_modified", "created") if name in info), 0.0
            )
            seconds = written.timestamp() if hasattr(written, "timestamp") else float(written)
            found.append((posixpath.relpath(path, self.root), int(info["size"]), seconds))
        return found

    def _find(self, top: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = self._tried("listed", top, lambda: self.fs.find(top, detail=True))
        except _ABSENT:
            return {}
        return found

    def exists(self, path: str) -> bool:
        """Tell whether something is at a path.

        Raises:
            Unreachable: If that cannot be told.
        """
        look: Callable[[str], Any] = os.stat if self.local else self.fs.info
        try:
            self._tried("read", path, lambda: look(path))
        except _ABSENT:
            return False
        return True

    def read(self, path: str) -> bytes:
        """Return a file's content.

        Raises:
            FileNotFoundError: If there is none, or what is there is no file.
            Unreachable: If it is there and cannot be read.
        """
        load: Callable[[str], bytes] = read_whole if self.local else self.fs.cat_file
        try:
            return self._tried("read", path, lambda: load(path))
        except _ABSENT as error:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path) from error

    def write(self, path: str, content: bytes) -> None:
        """Write a file whole or not at all; what is in its place and no file is set aside.

        Raises:
            Unreachable: If it cannot be written.
        """
        if not self.local:
            self._tried("written", path, lambda: self.fs.pipe_file(path, content))
            return

        def write() -> None:
            try:
                write_atomically(Path(path), content, durable=True)
            except (*_ABSENT, FileExistsError):
                for place, fits in ((posixpath.dirname(path), os.path.isdir), (path, os.path.isfile)):
                    if place != self.root and os.path.lexists(place) and not fits(place):
                        _set_aside(place)
                write_atomically(Path(path), content, durable=True)

        try:
            self._tried("written", path, write)
        except _ABSENT as error:
            raise self._unreachable("written", path, error) from error

    def create(self, path: str, content: bytes) -> bool:
        """Write a file in a folder that is there, unless something is in its place; returns whether it was written.

        Raises:
            Unreachable: If it cannot be written.
        """

        def create() -> bool:
            try:
                if self.local:
                    with open(path, "xb") as file:
                        file.write(content)
                else:  # object stores that can do this do it as one step, others look first
                    self.fs.pipe_file(path, content, mode="create")
            except FileExistsError:
                return False
            return True

        return self._tried("written", path, create)

    def remove(self, path: str) -> None:
        """Remove a file; a folder in its place is set aside.

        Raises:
            Unreachable: If it cannot be removed.
        """

        def remove() -> None:
            if self.local and os.path.isdir(path) and not os.path.islink(path):
                _set_aside(path)
            else:
                self.fs.rm_file(path)

        try:
            self._tried("removed", path, remove)
        except _ABSENT:
            return

    def _tried(self, deed: str, path: str, act: Callable[[], T]) -> T:
        """Return what a function returns, called again if it fails for another reason than that nothing is there."""
        for attempt in range(ATTEMPTS):
            try:
                return act()
            except _ABSENT:
                raise
            except Exception as error:  # file systems raise whatever their libraries do
                if getattr(error, "errno", None) in (errno.ELOOP, errno.ENXIO):  # a link to itself, a socket
                    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path) from error
                if attempt == ATTEMPTS - 1 or isinstance(error, PermissionError):
                    raise self._unreachable(deed, path, error) from error
            time.sleep(PAUSE * 4**attempt)
        raise AssertionError("the last attempt returns or raises")

    def _unreachable(self, deed: str, path: str, error: Exception) -> Unreachable:
        what = "it" if path == self.root else posixpath.relpath(path, self.root)
        return Unreachable(
            f"{self.option} {self.url}: {what} cannot be {deed} ({in_words(error)}). Nothing in it was thrown away: "
            "once that is mended, the same command goes on from there."
        )


def _set_aside(path: str) -> None:
    os.rename(path, f"{path}.{secrets.token_hex(8)}.aside")


def _example(protocol: str) -> str:
    return "/data/store" if protocol in ("file", "local") else "bucket/store"


def _protocols(fs: Any) -> tuple[str, ...]:
    return (fs.protocol,) if isinstance(fs.protocol, str) else tuple(fs.protocol)
