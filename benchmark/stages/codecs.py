"""How results of stages get into files and out of them again, by the artifact types that a scenario may use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import is_dataclass
from typing import Any

import numpy as np

from ...core.artifacts import TYPES, ArtifactType, Files
from ...core.errors import UserError, in_words
from .store import LOG, MANIFEST, Damaged, Store


class Codecs:
    """The artifact types of ``core.artifacts`` and those that a scenario brings.

    Args:
        own: What the scenario brings.

    Raises:
        UserError: If one of them has the name, or is for the type, of another.
    """

    def __init__(self, own: Iterable[ArtifactType] = ()) -> None:
        self._by_name: dict[str, ArtifactType] = {}
        self._by_type: dict[type, ArtifactType] = {}
        for artifact in (*TYPES, *own):
            if artifact.name in self._by_name or artifact.type in self._by_type:
                known = self._by_name.get(artifact.name) or self._by_type[artifact.type]
                raise UserError(
                    f"artifact type {artifact.name!r} for {artifact.type.__name__}: {known.name!r} for "
                    f"{known.type.__name__} is there already; choose another name and a type of your own."
                )
            self._by_name[artifact.name] = self._by_type[artifact.type] = artifact

    def encode(self, value: object) -> tuple[str, Files]:
        """Return a result's artifact type by name, and its files.

        Raises:
            TypeError: If no artifact type is for it, or its codec makes something else than files.
            UserError: If an array in it has numbers that are not finite.
        """
        artifact = self._by_type.get(type(value))
        if artifact is None:
            raise TypeError(f"no artifact type is for {type(value).__name__}; known: {', '.join(self._by_name)}")
        if where := not_finite(value):
            raise UserError(f"the result has numbers that are not finite, in {where}.")
        files = artifact.encode(value)
        if not isinstance(files, dict) or any(not isinstance(content, bytes) for content in files.values()):
            raise TypeError(f"the artifact type {artifact.name!r} must encode into a dict of names and bytes")
        if LOG in files or any(not name or "/" in name or name.startswith(".") for name in files):
            raise TypeError(f"the artifact type {artifact.name!r} has a file name that is not allowed: {[*files]}")
        return artifact.name, files

    def read(self, store: Store, stage_id: str) -> Any:
        """Return a stored result.

        Raises:
            Damaged: If a file of it is missing or was altered, or its manifest names an unknown artifact type.
            UserError: If the type's codec fails.
        """
        name, files = store.result(stage_id)
        artifact = self._by_name.get(name)
        if artifact is None:
            raise Damaged(stage_id, MANIFEST)
        try:
            return artifact.decode(files)
        except Exception as error:  # a third party's codec may fail in any way
            why = in_words(error)
            raise UserError(f"{stage_id}: its artifact type {artifact.name!r} could not read it ({why}).") from error


def not_finite(value: object, place: str = "") -> str:
    """Return where an array with NaN or infinity is, e.g. ``weights: item_embedding.weight``; or nothing."""
    if isinstance(value, np.ndarray):
        bad = value.dtype.kind in "fc" and not np.isfinite(value).all()
        return (place or "it") if bad else ""
    parts: Mapping[Any, Any] = {}
    if is_dataclass(value) and not isinstance(value, type):
        parts = vars(value)
    elif isinstance(value, Mapping):
        parts = value
    found = (not_finite(inner, f"{place}: {name}" if place else str(name)) for name, inner in parts.items())
    return next(filter(None, found), "")
