"""Methods with options: which class holds them, and a method from its name and its options."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from typing import Any, ClassVar, Generic

from typing_extensions import TypeVar

from .config import configure, restore
from .errors import UserError
from .registry import Registry

C = TypeVar("C", default=Any)
"""The class of a method's options; a bare ``ProviderAttack`` stands for ``ProviderAttack[Any]``."""
M = TypeVar("M")


class Configured(Generic[C]):
    """Base of methods with options of the class C: ``class BRA(ProviderAttack[BRAConfig])``.

    Attributes:
        Config: C, a frozen dataclass; taken from the base's type argument unless the class sets it.
    """

    Config: ClassVar[type[Any]]

    def __init_subclass__(cls, **keywords: Any) -> None:
        """Take ``Config`` from the type argument; of a type variable, its bound."""
        super().__init_subclass__(**keywords)
        if "Config" in vars(cls):
            return
        for base in vars(cls).get("__orig_bases__", ()):
            origin = typing.get_origin(base)
            if isinstance(origin, type) and issubclass(origin, Configured):
                arguments = [getattr(argument, "__bound__", argument) for argument in typing.get_args(base)]
                if isinstance(arguments[0], type) and arguments[0] is not Any:
                    cls.Config = arguments[0]


def parts(config: Any) -> Mapping[str, type[Any]]:
    """Return the classes of other methods that a configuration names to build on, by name: its ``parts``, if any."""
    found: Mapping[str, type[Any]] = getattr(config, "parts", {})
    return found


def find(registry: Registry[Any], name: str, base: type[M], *others: type[M]) -> type[M]:
    """Return the class of the method called ``name``, which derives from ``base`` or one of ``others``.

    Args:
        registry: Where it is known.
        name: Its name.
        base: What it must derive from, e.g. ``Detector``.
        others: What it may derive from instead, e.g. ``Repair``.

    Raises:
        UserError: If there is none, or its class lacks what the harness needs; names both.
    """
    cls, bases = registry.get(name), (base, *others)
    what = f"{registry.kind} {name!r} ({getattr(cls, '__module__', '?')}.{getattr(cls, '__qualname__', '?')})"
    if not issubclass(cls, bases):
        found = f"derives from {_names(cls.__bases__)}"
        raise UserError(f"{what} {found}; a class derived from {_names(bases)} is expected.")
    config = getattr(cls, "Config", None)
    if not _is_configuration(config):
        found = getattr(config, "__qualname__", repr(config))
        raise UserError(f"{what} needs a frozen dataclass of its options as Config, not {found}.")
    usable: type[M] = cls
    return usable


def make(registry: Registry[Any], name: str, options: Mapping[str, object], base: type[M]) -> M:
    """Return the method called ``name``, with options as :func:`configure` takes them.

    Raises:
        UserError: As :func:`find` does, and if an option is unknown or its value does not fit.
    """
    cls: Any = find(registry, name, base)
    made: M = cls(configure(cls.Config, options, name))
    return made


def remake(registry: Registry[Any], name: str, described: Mapping[str, object], base: type[M]) -> M:
    """Return the method called ``name``, with the options that a stage holds, as :func:`restore` takes them.

    Raises:
        UserError: As :func:`make` does.
    """
    cls: Any = find(registry, name, base)
    made: M = cls(restore(cls.Config, described, name))
    return made


def _names(classes: tuple[type, ...]) -> str:
    return " or ".join(cls.__name__ for cls in classes)


def _is_configuration(found: Any) -> bool:
    # A class that inherits from a dataclass and is none itself would lose its own fields.
    parameters = vars(found).get("__dataclass_params__") if isinstance(found, type) else None
    return parameters is not None and bool(parameters.frozen)
