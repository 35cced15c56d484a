"""What a store holds that may go: by use and by age."""

from __future__ import annotations

import posixpath
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from .store import Damaged, Store

UNFINISHED_FOR = 86400.0
"""Seconds after which the files of a stage that was not finished count as left behind."""


@dataclass(frozen=True)
class Removable:
    """A stage that may go.

    Attributes:
        stage_id: Its folder's name.
        size: Bytes of its files.
        age: Seconds since its last file was written.
        finished: Whether its result is complete.
        files: Their paths.
    """

    stage_id: str
    size: int
    age: float
    finished: bool
    files: tuple[str, ...]


def needed(store: Store, stage_ids: Iterable[str]) -> set[str]:
    """Return the stages and all that they were made from, as far as the store knows."""
    found, looking = set[str](), list(stage_ids)
    while looking:
        stage_id = looking.pop()
        if stage_id not in found:
            found.add(stage_id)
            with suppress(Damaged):
                looking += store.manifest(stage_id)["stage"].get("parents", {}).values()
    return found


def removable(store: Store, used: set[str] | None, older_than: float) -> list[Removable]:
    """Return stages that may go, the largest first.

    Args:
        store: Where they are.
        used: Stages that are to stay; None: no matter whether they are used.
        older_than: Seconds since they were written.
    """
    now = time.time()
    folders: dict[str, list[tuple[str, int, float]]] = {}
    for path, size, written in store.sizes():
        stage_id, _, name = path.partition("/")
        if name and not stage_id.startswith("."):
            folders.setdefault(stage_id, []).append((path, size, written))
    found = []
    for stage_id, files in folders.items():
        names = {path.partition("/")[2] for path, *_ in files}
        age, finished = now - max(written for *_, written in files), "stage.json" in names
        least = older_than if finished else max(older_than, UNFINISHED_FOR)
        if age >= least and (not finished or used is None or stage_id not in used):
            paths = tuple(store.path(path) for path, *_ in files)
            found.append(Removable(stage_id, sum(size for _, size, _ in files), age, finished, paths))
    return sorted(found, key=lambda one: -one.size)


def remove(store: Store, found: Iterable[Removable]) -> None:
    """Remove stages: first what says that they are done, then the rest."""
    for one in found:
        store.discard(one.stage_id)
        for path in one.files:
            store.remove(path)
        if store.local:
            with suppress(OSError):  # something was written there meanwhile
                store.fs.rmdir(posixpath.dirname(one.files[0]))
