"""Typed configurations: frozen dataclasses, filled from text and tables, each field with its range and a line."""

from __future__ import annotations

import ast
import dataclasses
import functools
import inspect
import itertools
import math
import textwrap
import typing
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from .errors import UserError, unknown
from .ranges import Range

C = TypeVar("C")


@dataclasses.dataclass(frozen=True)
class Options:
    """Base of configurations whose ranges hold however they are built, in Python too.

    A frozen dataclass without this base is a configuration too; then :func:`configure` alone checks the ranges.
    """

    def __post_init__(self) -> None:
        """Check every option's range; rules between options follow in a subclass, after ``super().__post_init__()``.

        Raises:
            ValueError: If a value is out of its range; names option, value and range.
        """
        kinds = _kinds(type(self))
        for field in dataclasses.fields(self):
            if problem := _out_of_range(getattr(self, field.name), kinds[field.name]):
                raise ValueError(field.name + problem)


def later(default: C, published: C | None = None) -> C:
    """Return a dataclass field for an option that a configuration got after its results were published.

    Args:
        default: The option's default.
        published: The value that the published results have, where it is not the default.
    """
    return dataclasses.field(default=default, metadata={"later": default if published is None else published})


def revised(default: C, revision: int = 2) -> C:
    """Return a dataclass field whose values, but for the default, now give other results than published ones."""
    return dataclasses.field(default=default, metadata={"revision": revision})


def files(checksum: Callable[[str], str]) -> Any:
    """Return a dataclass field, a text, for the one option of a method that says where files lie: ``NAME:PATH``.

    A configuration has the files' checksum in it, so that ids and records do not depend on where they lie; see
    :func:`with_checksum`.

    Args:
        checksum: Of a path returns what tells the files' content apart; raises UserError if they cannot be used.
    """
    return dataclasses.field(default="", metadata={"checksum": checksum})


def files_option(cls: Any) -> str | None:
    """Return the name of a configuration's option that says where files lie, or None."""
    return next((field.name for field in dataclasses.fields(cls) if "checksum" in field.metadata), None)


def with_checksum(cls: Any, values: Mapping[str, object], where: str) -> tuple[dict[str, object], str]:
    """Return the values for a configuration with the files' checksum in the place of their path, and the path.

    Args:
        cls: A frozen dataclass; if it has no :func:`files`, the values are returned as they are, with an empty path.
        values: Field names to values.
        where: What the fields belong to, for messages, e.g. ``"file"``.

    Raises:
        UserError: If the path is missing, or the files cannot be used.
    """
    name = files_option(cls)
    if name is None:
        return dict(values), ""
    path = str(values.get(name, ""))
    if not path:
        raise UserError(f"{where} needs a path: write {where}:PATH.")
    [checksum] = (field.metadata["checksum"] for field in dataclasses.fields(cls) if field.name == name)
    return {**values, name: checksum(path)}, path


def identity(config: Any) -> dict[str, Any]:
    """Return a configuration as the plain table that tells results apart.

    Stages keep the ids they had: a :func:`later` field with the value of published results is left out, and a
    :func:`revised` one has its revision beside it only where it is not at its default. :func:`restore` undoes it.
    """
    table = dataclasses.asdict(config)
    for field in dataclasses.fields(config):
        if table[field.name] != field.default:
            table |= _revision(field)
        if "later" in field.metadata and table[field.name] == field.metadata["later"]:
            del table[field.name]
    return table


def restore(cls: type[C], table: Mapping[str, object], where: str) -> C:
    """Build the dataclass ``cls`` from what :func:`identity` made of an instance.

    Unlike :func:`configure`, which takes an option that is not named at its default, this takes it as published.

    Raises:
        UserError: As :func:`configure` does.
    """
    fields = dataclasses.fields(cls)  # type: ignore[arg-type]  # a dataclass, which its type can't say
    return configure(cls, {f.name: f.metadata["later"] for f in fields if "later" in f.metadata} | {**table}, where)


def _revision(field: dataclasses.Field[Any]) -> dict[str, object]:
    return {f"{field.name}_revision": field.metadata["revision"]} if "revision" in field.metadata else {}


def configure(cls: type[C], values: Mapping[str, object], where: str) -> C:
    """Build the dataclass ``cls`` from ``values``, converting text to each field's type.

    Args:
        cls: A frozen dataclass; its ``__post_init__`` may raise ValueError.
        values: Field names to values, e.g. ``{"rate": "0.3"}``.
        where: What the fields belong to, for messages, e.g. ``"bra"``.

    Raises:
        UserError: If a field is unknown, or a value is of another type or out of its range.
    """
    kinds = _kinds(cls)
    fields = dataclasses.fields(cls)  # type: ignore[arg-type]  # a dataclass, which its type can't say
    names, revisions = [f.name for f in fields], [item for f in fields for item in _revision(f).items()]
    converted = {}
    for key, value in values.items():
        if (key, value) in revisions:
            continue
        if key not in names:
            raise unknown(f"option of {where}:", key, names)
        converted[key] = _convert(value, kinds[key], f"{where}.{key}")
        if problem := _out_of_range(converted[key], kinds[key]):
            raise UserError(f"{where}.{key}{problem}")
    try:
        return cls(**converted)
    except ValueError as error:
        raise UserError(f"{where}: {error}") from error


def describe(cls: type) -> list[tuple[str, str, Any, str]]:
    """Return (name, type and range, default, docstring line) of every field of a configuration.

    The lines are read from the source; where there is none, as beside compiled files alone, they are empty.
    """
    docs, kinds = _field_docs(cls), _kinds(cls)
    return [(f.name, _type_name(kinds[f.name]), f.default, docs.get(f.name, "")) for f in dataclasses.fields(cls)]


def written(value: object) -> str:
    """Return an option's value as it would be given on the command line."""
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    return "+".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _field_docs(cls: type) -> dict[str, str]:
    bases = (base for base in reversed(cls.__mro__) if dataclasses.is_dataclass(base) and inspect.get_annotations(base))
    return {name: line for base in bases for name, line in _own_docs(base).items()}


@functools.cache  # many configurations share a base, and its whole file is parsed
def _own_docs(cls: Any) -> dict[str, str]:
    # Python drops a string under a field when it compiles, so that only the source has it.
    try:
        module = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    except (OSError, TypeError, SyntaxError):
        return {}
    body = module.body[0].body if isinstance(module.body[0], ast.ClassDef) else []
    return {
        ast.unparse(field.target): " ".join(str(text.value.value).split())
        for field, text in itertools.pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
    }


def _kinds(cls: Any) -> dict[str, Any]:
    return typing.get_type_hints(cls, include_extras=True)


def _ranges(kind: Any) -> tuple[Any, list[Range]]:
    """Return a type without its annotations, and the ranges among these."""
    if typing.get_origin(kind) is not typing.Annotated:
        return kind, []
    bare, *notes = typing.get_args(kind)
    return bare, [note for note in notes if isinstance(note, Range)]


def _out_of_range(value: object, kind: Any) -> str:
    """Return what is wrong with a value of its type, as it follows the option's name; empty if nothing is."""
    bare, ranges = _ranges(kind)
    if value is None:
        return ""
    for allowed in ranges:
        if value not in allowed:
            return f"={value} {allowed.rule}."
    parts = typing.get_args(bare)
    if type(None) in parts:
        return _out_of_range(value, _not_none(parts))
    if isinstance(value, tuple):
        return next(filter(None, (_out_of_range(part, parts[0]) for part in value)), "")
    return ""


_NOUNS = {float: "number", int: "whole number", str: "text"}


def _type_name(kind: Any, of_list: bool = False) -> str:
    bare, ranges = _ranges(kind)
    origin, parts = typing.get_origin(bare), typing.get_args(bare)
    if origin is typing.Literal:
        return "|".join(map(str, parts))
    if type(None) in parts:
        return f"{_type_name(_not_none(parts))} or none"
    if origin is tuple:
        return f"list of {_type_name(parts[0], True)}"
    if bare is bool:
        return "true|false"
    noun = _NOUNS.get(bare) or str(getattr(bare, "__name__", bare))
    return " ".join([f"{noun}s" if of_list and noun.endswith("number") else noun, *map(str, ranges)])


def _not_none(kinds: tuple[Any, ...]) -> Any:
    return next(kind for kind in kinds if kind is not type(None))


def _convert(value: object, kind: Any, where: str) -> object:
    kind, _ = _ranges(kind)
    choices = typing.get_args(kind)
    if typing.get_origin(kind) is typing.Literal:
        if value not in choices:
            raise UserError(f"{where}={value} is not allowed; choose {', '.join(map(str, choices))}.")
        return value
    if type(None) in choices:
        if value is None or value == "none":
            return None
        return _convert(value, _not_none(choices), where)
    if kind is bool:
        if str(value).lower() not in ("true", "false"):
            raise UserError(f"{where}={value} is not allowed; write true or false.")
        return str(value).lower() == "true"
    if kind is int and isinstance(value, float) and not value.is_integer():
        raise UserError(f"{where}={value} is not a whole number.")
    if typing.get_origin(kind) is tuple:
        parts = value.split("+") if isinstance(value, str) else value
        if not isinstance(parts, (list, tuple)):
            raise UserError(f"{where}={value} should be a list (on the command line: a+b).")
        return tuple(_convert(part, choices[0], where) for part in parts)
    if typing.get_origin(kind) is dict or kind is dict:
        if not isinstance(value, Mapping):
            raise UserError(f"{where}={value} should be a table of names and values.")
        return dict(value)
    try:
        converted: object = kind(value)
        if isinstance(converted, float) and not math.isfinite(converted):
            raise ValueError(value)
        return converted
    except (TypeError, ValueError):
        raise UserError(f"{where}={value} is not a {_NOUNS.get(kind, kind.__name__)}.") from None
