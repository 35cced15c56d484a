"""Folders of results at any fsspec URL: worked on in a copy on this machine, which is written back as it changes."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ...core.errors import UserError
from .location import Location, Unreachable

EVERY = 30.0
"""Seconds between two looks at what changed in the copy."""
AT_ONCE = 8
"""Files that travel at the same time."""


@dataclass(frozen=True)
class ResultFolder:
    """A folder of results.

    Attributes:
        path: Where it is, or its copy, on this machine.
        name: What the user calls it.
    """

    path: Path
    name: str

    @property
    def remote(self) -> str:
        """The URL of which :attr:`path` is a copy; empty if it is none."""
        return "" if str(self.path) == self.name else self.name

    def shown(self, path: Path) -> str:
        """Return what to call a path in the folder."""
        if not self.remote:
            return str(path)
        return "/".join([self.name.rstrip("/"), *path.relative_to(self.path).parts])


@contextmanager
def result_folder(where: str | os.PathLike[str], option: str, write: bool = False) -> Iterator[ResultFolder]:
    """Open a folder of results by its path or URL.

    Args:
        where: The path or URL.
        option: The option that it is the value of, for what is said of it.
        write: Whether it is made, and what changes in it is kept.

    Raises:
        UserError: If it cannot be reached or, with ``write``, be written to.
    """
    name = os.fspath(where)
    protocol, separator, rest = name.partition("://")
    if not separator or protocol in ("file", "local"):
        path = Path(rest if separator else name).expanduser()
        yield ResultFolder(path, str(path))
        return
    location = Location(name, option)
    if write:
        location.check_writable()
    with tempfile.TemporaryDirectory(prefix="rbench-") as made:
        copy = Path(made) / "results"
        mirror = _Mirror(location, copy)
        try:
            mirror.load()
            with mirror.kept_up() if write else _nothing():
                yield ResultFolder(copy, name)
        except UserError as error:
            raise UserError(str(error).replace(str(copy), name.rstrip("/"))) from error


@contextmanager
def _nothing() -> Iterator[None]:
    yield


class _Mirror:
    """A location and its copy."""

    def __init__(self, location: Location, copy: Path) -> None:
        self._location, self._copy = location, copy
        self._known: dict[str, tuple[int, ...]] = {}
        self._lock = threading.Lock()

    def load(self) -> None:
        """Fetch everything but hidden files."""
        names = [name for name in self._location.files() if not _hidden(name)]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(self._fetch, names))
        self._known = self._stamps()

    @contextmanager
    def kept_up(self) -> Iterator[None]:
        """Write back what changes within, now and then and at the end."""
        ended = threading.Event()

        def watch() -> None:
            while not ended.wait(EVERY):
                with suppress(Unreachable):  # for a while, perhaps: the end tells
                    self.write_back()

        thread = threading.Thread(target=watch, daemon=True, name="write back")
        thread.start()
        try:
            yield
        except BaseException:
            ended.set()
            with suppress(Unreachable):  # what went wrong before is told
                self.write_back()
            raise
        ended.set()
        self.write_back()

    def write_back(self) -> None:
        """Send what is new or other than it was, and remove what is gone."""
        with self._lock:
            now = self._stamps()
            changed = [name for name, stamp in now.items() if self._known.get(name) != stamp]
            with ThreadPoolExecutor(AT_ONCE) as pool:
                sent = dict(zip(changed, pool.map(self._send, changed), strict=True))
                list(pool.map(self._location.remove, map(self._location.path, self._known.keys() - now.keys())))
            self._known = {name: stamp for name, stamp in now.items() if sent.get(name, True)}

    def _fetch(self, name: str) -> None:
        path = self._copy / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file, suppress(FileNotFoundError):
            file.write(self._location.read(self._location.path(name)))

    def _send(self, name: str) -> bool:
        try:
            content = (self._copy / name).read_bytes()
        except FileNotFoundError:  # renamed meanwhile
            return False
        self._location.write(self._location.path(name), content)
        return True

    def _stamps(self) -> dict[str, tuple[int, ...]]:
        found: dict[str, tuple[int, ...]] = {}
        for path in self._copy.rglob("*"):
            name = path.relative_to(self._copy).as_posix()
            with suppress(FileNotFoundError):
                stat = path.stat()
                if path.is_file() and not _hidden(name):
                    found[name] = stat.st_ino, stat.st_size, stat.st_mtime_ns
        return found


def _hidden(name: str) -> bool:
    return any(part.startswith(".") for part in name.split("/"))
