"""Methods by name: the files of a folder, entry points and plug-in files, listed without importing any."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Generic, TypeVar

from .errors import UserError, unknown

T = TypeVar("T")

PLUGIN = "rbench_plugin_"
"""Begins the names of modules made from plug-in files, so that they hide no other module."""


class Registry(Generic[T]):
    """All methods of one kind; each is a class in a file of its own, and the file's name is its name.

    Args:
        kind: Singular noun for messages, e.g. ``"attack"``.
        package: Import path of the folder whose files are the built-in methods.
        group: Entry-point group in which other distributions announce theirs.
        pattern: Which files of that folder are methods. A file called like the kind has its folder's name.
    """

    def __init__(self, kind: str, package: str, group: str, pattern: str = "*.py") -> None:
        self.kind, self.package, self.group, self.pattern = kind, package, group, pattern
        self.failures: dict[str, str] = {}
        self._found: dict[str, T] = {}
        self._origins: dict[str, str] = {}
        self._points: dict[str, EntryPoint] | None = None

    def register(self, cls: T) -> T:
        """Class decorator; the name is the class's ``name``, or else that of its file."""
        name = vars(cls).get("name") or self._name(cls.__module__.split("."))
        cls.name = name  # type: ignore[attr-defined]  # which all that is registered has
        here, there = _origin(cls), self._origins.get(name) or self.origin(name)
        if there is not None and not f"{here}.".startswith(f"{there}."):
            raise UserError(f"{self.kind} {name!r} is defined in {here} and in {there}; rename one.")
        self._found[name], self._origins[name] = cls, here
        return cls

    def names(self) -> list[str]:
        """Return every known name, sorted; imports no method."""
        return sorted({*self._files(), *self._entry_points(), *self._found} - set(self.failures))

    def get(self, name: str) -> T:
        """Return the class called ``name``.

        Raises:
            UserError: If there is none; names the nearest, and plug-ins that failed to import.
        """
        if name not in self._found:
            self._load(name)
        if name in self._found:
            return self._found[name]
        note = " ".join(f"({self.kind} {n!r} could not be imported: {why})" for n, why in sorted(self.failures.items()))
        raise unknown(self.kind, name, self.names(), note)

    def _load(self, name: str) -> None:
        built_in, point = self.origin(name), self._entry_points().get(name)
        if built_in and point:
            raise UserError(f"{self.kind} {name!r} is defined in {built_in} and in {point.value}; rename one.")
        if built_in:
            importlib.import_module(built_in)
        elif point:
            try:
                cls = point.load()
                cls.name = name
                self.register(cls)
            except Exception as error:  # a stranger's module may fail in any way
                self.failures[name] = f"{type(error).__name__}: {error}"

    def origin(self, name: str) -> str | None:
        """Return the import path of a built-in method's module, or None if none is called so; imports nothing."""
        return f"{self.package}.{self._files()[name]}" if name in self._files() else None

    def _files(self) -> dict[str, str]:
        folder = Path(str(importlib.import_module(self.package).__file__)).parent
        files = (path.relative_to(folder).with_suffix("").parts for path in folder.glob(self.pattern))
        return {self._name(parts): ".".join(parts) for parts in files if not parts[-1].startswith("_")}

    def _name(self, module: Sequence[str]) -> str:
        own = module[-2] if module[-1] == self.kind and len(module) > 1 else module[-1]
        return own.removeprefix(PLUGIN).replace("_", "-")

    def _entry_points(self) -> dict[str, EntryPoint]:
        if self._points is None:
            self._points = {point.name: point for point in entry_points(group=self.group)}
        return self._points


def _origin(cls: object) -> str:
    module = getattr(cls, "__module__", "?")
    file = f"{sys.modules[module].__file__}: " if module.startswith(PLUGIN) else ""
    return f"{file}{module}.{getattr(cls, '__qualname__', '?')}"


def load_plugin(path: str | Path) -> ModuleType:
    """Import a plug-in file, whose decorators register what it holds.

    Raises:
        UserError: If the file is missing or fails to import; says why.
    """
    file = Path(path)
    if not file.is_file():
        raise UserError(f"--plugin {file}: there is no such file.")
    name = PLUGIN + file.stem
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise UserError(f"--plugin {file}: not a Python file (its name must end in .py).")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look up their types there
    try:
        spec.loader.exec_module(module)
    except UserError:
        raise
    except Exception as error:  # a stranger's module may fail in any way
        del sys.modules[name]
        raise UserError(f"--plugin {file} could not be imported: {type(error).__name__}: {error}") from error
    return module


Decorator = Callable[[T], T]
