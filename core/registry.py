"""Methods by name: the files of a folder, entry points and plug-in files, listed without importing any."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import re
import sys
from collections.abc import Mapping, Sequence
from importlib.abc import SourceLoader
from importlib.machinery import ModuleSpec
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, Generic, TypeVar

from .errors import UserError, in_words, unknown
from .process.state import ENVIRONMENT, kept

T = TypeVar("T")

PLUGIN = "rbench_plugin_"
"""Begins the names of modules made from plug-in files, so that they hide no other module."""
_NAME = re.compile(r"\w[\w.-]*")
_DIGEST = "__rbench_digest__"
"""Attribute of such modules, and of the methods in them: the beginning of the file's sha256."""
_loaded: dict[Path, ModuleType] = {}
_registries: list[Registry[Any]] = []


class Registry(Generic[T]):
    """All methods of one kind, by name.

    A built-in method is a class in a file of its own and has the file's name. A plug-in file's only class of a
    kind has the file's name too; if it holds several, each has its own name in kebab-case (``BRAGroup`` is
    ``bra-group``). An attribute ``name`` overrules both, and an entry point's name overrules everything.

    Args:
        kind: Singular noun for messages, e.g. ``"attack"``.
        package: Import path of the folder whose files are the built-in methods.
        group: Entry-point group in which other distributions announce theirs.
        patterns: Which files of that folder are methods. A file called like the kind has its folder's name.
        base: The class that all of them derive from.
        reserved: Names that mean something else on the command line.
        choices: Names of class attributes to the values that they may have.

    Attributes:
        failures: Installed methods that cannot be used, by name: what is wrong with each.
    """

    def __init__(
        self,
        kind: str,
        package: str,
        group: str,
        patterns: str | tuple[str, ...] = "*.py",
        base: type = object,
        reserved: tuple[str, ...] = (),
        choices: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        self.reserved, self.choices = reserved, choices or {}
        self.kind, self.package, self.group, self.base = kind, package, group, base
        self.patterns = (patterns,) if isinstance(patterns, str) else patterns
        self.failures: dict[str, str] = {}
        self._found: dict[str, T] = {}
        self._origins: dict[str, str] = {}
        self._named_by_file: set[str] = set()
        self._points: dict[str, EntryPoint] | None = None
        _registries.append(self)

    def register(self, cls: T) -> T:
        """Class decorator that makes a class known by its name, which it sets.

        Raises:
            UserError: If the class does not derive from ``base`` or lacks one of its methods, an attribute or its name
                cannot be used, or another has the name.
        """
        if not (isinstance(cls, type) and issubclass(cls, self.base)):
            raise UserError(f"{_origin(cls)} is no {self.kind}; derive it from {_origin(self.base)}.")
        if missing := getattr(cls, "__abstractmethods__", None):
            raise UserError(f"{_origin(cls)} lacks {', '.join(sorted(missing))}, which each {self.kind} has to define.")
        self._check_attributes(cls)
        if own := digest(cls.__module__):
            setattr(cls, _DIGEST, own)
        siblings = self._siblings(cls)
        for name in siblings & self._named_by_file:
            sibling = self._found[name]
            self._forget(name)
            self._add(sibling, _kebab(sibling))
        chosen = self._announced(cls)
        chosen = vars(cls).get("name", _kebab(cls) if siblings else None) if chosen is None else chosen
        self._add(cls, chosen if chosen is not None else self._name(cls.__module__.split(".")))
        if chosen is None:
            self._named_by_file.add(cls.name)  # type: ignore[attr-defined]  # which _add sets
        return cls

    def names(self) -> list[str]:
        """Return every known name but those in ``failures``, sorted; imports no method."""
        return sorted({*self._files(), *self._entry_points(), *self._found} - set(self.failures))

    def get(self, name: str) -> T:
        """Return the class called ``name``.

        Raises:
            UserError: If there is none; names the nearest, and installed ones that cannot be used.
        """
        if name not in self._found:
            self._load(name)
        if name in self._found:
            return self._found[name]
        note = " ".join(f"({self.kind} {n!r} {why})" for n, why in sorted(self.failures.items()))
        raise unknown(self.kind, name, self.names(), note)

    def usable(self) -> dict[str, T]:
        """Return every class by name; imports all of them, and ``failures`` then names those that cannot be."""
        for name in self.names():
            if name not in self._found:
                self._load(name)
        return {name: self._found[name] for name in self.names() if name in self._found}

    def origin(self, name: str) -> str | None:
        """Return the import path of a built-in method's module, or None if none is called so; imports nothing."""
        return f"{self.package}.{self._files()[name]}" if name in self._files() else None

    def knows(self, cls: object) -> bool:
        """Whether a class is registered here."""
        return any(found is cls for found in self._found.values())

    def _load(self, name: str) -> None:
        built_in, point = self.origin(name), self._entry_points().get(name)
        if built_in:
            importlib.import_module(built_in)
        elif point and name not in self.failures:
            try:
                with kept((ENVIRONMENT,)):
                    found = point.load()
                self._add(self.register(found), name)
            except UserError as error:
                self.failures[name] = f"cannot be used: {error}"
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # a third party's module may fail in any way
                self.failures[name] = f"could not be imported: {in_words(error)}"

    def _check_attributes(self, cls: Any) -> None:
        """Refuse what would spoil ids or records later.

        Raises:
            UserError: Saying which attribute, and what is allowed.
        """
        begins, version = f"{self.kind} {_origin(cls)}", getattr(cls, "VERSION", 1)
        if type(version) is not int or version < 1:
            raise UserError(f"{begins} has VERSION = {version!r}; write a whole number, 1 or more.")
        sections = getattr(cls, "sections", ())
        if not isinstance(sections, (tuple, Mapping)) or not all(isinstance(section, str) for section in sections):
            raise UserError(f'{begins} has sections = {sections!r}; write a tuple of names, e.g. ("train",).')
        for attribute, allowed in self.choices.items():
            if (value := getattr(cls, attribute, allowed[0])) not in allowed:
                raise UserError(f"{begins} has {attribute} = {value!r}; write {' or '.join(map(repr, allowed))}.")

    def _add(self, cls: T, name: str) -> None:
        if not isinstance(name, str) or not _NAME.fullmatch(name) or name in self.reserved:
            reserved = f", other than {', '.join(self.reserved)}" if self.reserved else ""
            raise UserError(
                f"{_origin(cls)} cannot be the {self.kind} {name!r}: it needs letters, digits or any of ._-{reserved}."
            )
        here, there = _origin(cls), self._origins.get(name) or self.origin(name)
        if there is not None and not f"{here}.".startswith(f"{there}."):
            raise UserError(f"{self.kind} {name!r} is defined in {here} and in {there}; rename one.")
        for known in [n for n, found in self._found.items() if found is cls]:
            self._forget(known)
        cls.name = name  # type: ignore[attr-defined]  # which all that is registered has
        self._found[name], self._origins[name] = cls, here

    def _forget(self, name: str) -> None:
        del self._found[name], self._origins[name]
        self._named_by_file.discard(name)

    def _announced(self, cls: type) -> str | None:
        """Return the name of the entry point that leads to a class."""
        place = cls.__module__, cls.__qualname__
        if self._is_ours(cls) or cls.__module__.startswith(PLUGIN):
            return None
        return next((n for n, p in self._entry_points().items() if (p.module, p.attr) == place), None)

    def _is_ours(self, cls: type) -> bool:
        return cls.__module__.startswith(f"{self.package}.")

    def _siblings(self, cls: type) -> set[str]:
        """Return the names of the other classes of a file that is not one of ours."""
        if self._is_ours(cls):
            return set()
        here = {
            name: found for name, found in self._found.items() if getattr(found, "__module__", "") == cls.__module__
        }
        return {name for name, found in here.items() if _origin(found) != _origin(cls)}

    def _files(self) -> dict[str, str]:
        folder = Path(str(importlib.import_module(self.package).__file__)).parent
        found = (path for pattern in self.patterns for path in folder.glob(pattern))
        files = (path.relative_to(folder).with_suffix("").parts for path in found)
        return {self._name(parts): ".".join(parts) for parts in files if not parts[-1].startswith("_")}

    def _name(self, module: Sequence[str]) -> str:
        own = module[-2] if module[-1] == self.kind and len(module) > 1 else module[-1]
        return own.removeprefix(PLUGIN).replace("_", "-")

    def _entry_points(self) -> dict[str, EntryPoint]:
        if self._points is None:
            self._points = {}
            for point in entry_points(group=self.group):
                first, ours = self._points.setdefault(point.name, point), self.origin(point.name)
                if ours:
                    del self._points[point.name]
                    self.failures[f"{point.name} ({point.value})"] = f"has the name of {ours}; rename it."
                elif first.value != point.value:
                    self.failures[point.name] = f"is defined in {first.value} and in {point.value}; uninstall one."
        return self._points


def _origin(cls: object) -> str:
    module = getattr(cls, "__module__", "?")
    file = f"{sys.modules[module].__file__}: " if module.startswith(PLUGIN) else ""
    return f"{file}{module}.{getattr(cls, '__qualname__', cls)}"


def _kebab(cls: object) -> str:
    """Return a class's name, ``BRAGroup``, as ``bra-group``."""
    name = getattr(cls, "__name__", "?").replace("_", "-")
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name).lower()


def digest(module: str) -> str:
    """Return the first 20 hex digits of the sha256 of a plug-in file by its module's name; empty for other modules."""
    return str(getattr(sys.modules.get(module), _DIGEST, ""))


def version(cls: Any) -> int | str:
    """Return what stands for a method's code in ids: its ``VERSION``, in a plug-in file ``VERSION+digest``."""
    own = vars(cls).get(_DIGEST)
    return f"{cls.VERSION}+{own}" if own else int(cls.VERSION)


def in_use(path: str | Path) -> tuple[str, str]:
    """Return a plug-in file and the digest of the version of it that this process works with, imported if need be."""
    module = _loaded.get(Path(path).resolve()) or load_plugin(path)
    return str(path), getattr(module, _DIGEST)


def load_plugin(path: str | Path, wanted: str = "") -> ModuleType:
    """Import a plug-in file, whose decorators register what it holds.

    Args:
        path: The file.
        wanted: The digest that it must have; a module that was made from such a file is not made again.

    Raises:
        UserError: If the file is missing, is another than wanted or fails to import, or has methods and registers
            none; says why.
    """
    file = Path(path)
    if not file.is_file():
        raise UserError(f"--plugin {file}: there is no such file.")
    if file.suffix != ".py":
        raise UserError(f"--plugin {file}: not a Python file (its name must end in .py).")
    name, source = PLUGIN + file.stem, file.read_bytes()
    found = hashlib.sha256(source).hexdigest()[:20]
    if wanted and found != wanted:
        raise UserError(
            f"--plugin {file} was changed while it was in use, and two versions of it are not mixed; run again for the "
            "new one."
        )
    known = _loaded.get(file.resolve())
    if wanted and known and getattr(known, _DIGEST) == wanted:
        return known
    loader = _Loader(name, str(file), source)
    module = importlib.util.module_from_spec(ModuleSpec(name, loader, origin=str(file)))
    module.__file__ = str(file)
    setattr(module, _DIGEST, found)
    sys.modules[name] = module  # dataclasses look up their types there
    try:
        with kept((ENVIRONMENT,)):
            loader.exec_module(module)
    except (UserError, KeyboardInterrupt):
        raise
    except BaseException as error:  # a third party's module may fail in any way
        del sys.modules[name]
        raise UserError(f"--plugin {file} could not be imported: {in_words(error)}") from error
    if forgotten := _unregistered(module):
        del sys.modules[name]
        raise UserError(f"--plugin {file} registers no method: put @register above {' and '.join(forgotten)}.")
    _loaded[file.resolve()] = module
    return module


class _Loader(SourceLoader):
    """Makes a module from the very bytes whose digest was taken, whatever becomes of the file meanwhile."""

    def __init__(self, name: str, file: str, source: bytes) -> None:
        self.name, self.file, self.source = name, file, source

    def get_filename(self, fullname: str) -> str:
        """Return the file's path."""
        return self.file

    def get_data(self, path: str) -> bytes:
        """Return the file's content; there is no compiled file beside it."""
        if path != self.file:
            raise OSError(path)
        return self.source


def _unregistered(module: ModuleType) -> list[str]:
    """Return the names of a plug-in's methods if it registers none of its classes."""
    own = [found for found in vars(module).values() if getattr(found, "__module__", "") == module.__name__]
    own = [found for found in own if isinstance(found, type)]
    if any(registry.knows(cls) for registry in _registries for cls in own):
        return []
    bases = tuple(registry.base for registry in _registries if registry.base is not object)
    return [cls.__name__ for cls in own if issubclass(cls, bases)]
