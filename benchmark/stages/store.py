"""Where stages' results are kept: any fsspec URL, each result complete or absent, checked by sha256."""

from __future__ import annotations

import hashlib
import json
import math
import os
import posixpath
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

from ...core.artifacts import Files, to_json, type_of
from ...core.errors import UserError
from ...core.system.files import cache_home
from ...core.system.unfinished import Unfinished
from .location import Location
from .stage import Stage

MANIFEST, TIMING, LOG, UNFINISHED = "stage.json", "timing.json", "log.json", "unfinished.bin"


class Damaged(Exception):
    """A stored file is missing or differs from its checksum."""

    def __init__(self, stage_id: str, file: str) -> None:
        super().__init__(stage_id, file)
        self.stage_id, self.file = stage_id, file


def default_url() -> str:
    """Return ``$RBENCH_STORE``, or a folder in the user's cache."""
    return os.environ.get("RBENCH_STORE") or str(cache_home() / "store")


class Store(Location):
    """A folder of stages: payload first, then the manifest, whose presence means done."""

    def has(self, stage_id: str) -> bool:
        """Tell whether the stage is done."""
        return self.exists(self.path(stage_id, MANIFEST))

    def done(self, stage_ids: Iterable[str]) -> set[str]:
        """Return which of the stages are done; looks at each folder once."""
        ids = set(stage_ids)
        return {i for i in (ids if self.local else ids.intersection(self.names())) if self.has(i)}

    def damaged(self, stage_ids: Iterable[str]) -> dict[str, str]:
        """Return done stages with a file that differs from its checksum, and that file.

        On a remote store nothing is read for this alone: there, files are checked as they are used.
        """
        if not self.local:
            return {}
        ids = sorted(stage_ids)
        pieces = [ids[i : i + 256] for i in range(0, len(ids), 256)]  # handing over one at a time costs more than it
        with ThreadPoolExecutor(2) as pool:
            return dict(found for some in pool.map(self._damages, pieces) for found in some)

    def save(self, stage: Stage, files: Files, timing: dict[str, Any], artifact: str = "") -> None:
        """Write a result; the manifest, with the name of its artifact type and a checksum a file, comes last."""
        for name, content in files.items():
            self.write(self.path(stage.id, name), content)
        self.write(self.path(stage.id, TIMING), to_json(timing))
        sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
        manifest = {"stage": json.loads(stage.canonical()), "sha256": sums}
        if artifact:
            manifest["artifact"] = _with_checksum(artifact)
        self.write(self.path(stage.id, MANIFEST), to_json(manifest))
        self.remove(self.path(stage.id, UNFINISHED))

    def unfinished(self, stage_id: str) -> Unfinished:
        """Return where a stage that is being computed keeps its state; a file beside those of its result."""
        path = self.path(stage_id, UNFINISHED)

        def load() -> bytes:
            try:
                return self.read(path)
            except FileNotFoundError:
                return b""

        return Unfinished(load, lambda content: self.write(path, content))

    def load(self, stage_id: str, only: str | None = None) -> Files:
        """Read a result's files, or one of them.

        Raises:
            Damaged: If a file is missing or differs from its checksum.
        """
        return self._checked(stage_id, self.manifest(stage_id), only)

    def result(self, stage_id: str) -> tuple[str, Files]:
        """Read a result: the name of its artifact type, and its files.

        Raises:
            Damaged: If a file is missing or differs from its checksum.
        """
        manifest = self.manifest(stage_id)
        files = self._checked(stage_id, manifest)
        files.pop(LOG, None)
        return artifact_type(manifest), files

    def manifest(self, stage_id: str) -> dict[str, Any]:
        """Return what went into a stage's id, and its files' checksums.

        Raises:
            Damaged: If the manifest is not, to the byte, what :meth:`save` would write.
        """
        content = self._read(stage_id, MANIFEST)
        try:
            manifest: dict[str, Any] = json.loads(content)
            sound = isinstance(manifest["sha256"], dict) and Stage(**manifest["stage"]).id == stage_id
            sound = sound and {*manifest} <= {"stage", "sha256", "artifact"}  # older ones have no artifact
            if "artifact" in manifest:
                sound = sound and manifest["artifact"] == _with_checksum(manifest["artifact"]["name"])
            if sound and to_json(manifest) == content:
                return manifest
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            pass
        raise Damaged(stage_id, MANIFEST)

    def log(self, stage_id: str) -> dict[str, Any]:
        """Return what the stage logged for records."""
        log: dict[str, Any] = json.loads(self.load(stage_id, LOG)[LOG])
        return log

    def seconds(self, stage_id: str, clock: Literal["seconds", "cpu_seconds"] = "seconds") -> float | None:
        """Return how long the stage took when it ran, by the wall or of processors; None where that was not kept."""
        try:
            seconds = float(json.loads(self.read(self.path(stage_id, TIMING)))[clock])
        except (FileNotFoundError, ValueError, KeyError, TypeError, RecursionError):
            return None
        return seconds if math.isfinite(seconds) else None

    def discard(self, stage_id: str) -> None:
        """Forget a stage: without its manifest it is not done."""
        self.remove(self.path(stage_id, MANIFEST))

    def find(self, beginning: str) -> Iterator[str]:
        """Yield ids of stored stages that begin so."""
        yield from (name for name in self.names() if name.startswith(beginning) and self.has(name))

    def only(self, beginning: str) -> tuple[str, dict[str, Any]]:
        """Return the id of the one stored stage that is called so, or begins so, and its manifest.

        Raises:
            UserError: If there is none, or several, or its manifest was altered.
        """
        if not beginning:
            raise UserError("STAGE-ID is empty; a record's stages have ids, and rbench plan -v prints those of a grid.")
        found = sorted(self.find(beginning))
        if beginning in found:
            found = [beginning]
        if len(found) != 1:
            listed = f"; it could be {', '.join(found[:5])}" if found else ""
            raise UserError(f"{beginning}: {len(found) or 'no'} stages in {self.url} begin so{listed}.")
        try:
            return found[0], self.manifest(found[0])
        except Damaged as damaged:
            raise UserError(f"{found[0]}: its {damaged.file} was altered; the next run makes it again.") from None

    def _checked(self, stage_id: str, manifest: Mapping[str, Any], only: str | None = None) -> Files:
        files = {}
        for name, digest in manifest["sha256"].items():
            if only is None or name == only:
                content = self._read(stage_id, name)
                if hashlib.sha256(content).hexdigest() != digest:
                    raise Damaged(stage_id, name)
                files[name] = content
        return files

    def _damages(self, stage_ids: list[str]) -> list[tuple[str, str]]:
        return [found for stage_id in stage_ids if (found := self._damage(stage_id))]

    def _damage(self, stage_id: str) -> tuple[str, str] | None:
        try:
            self.load(stage_id)
        except Damaged as found:
            return stage_id, found.file
        return None

    def _read(self, stage_id: str, name: str) -> bytes:
        if posixpath.basename(name) != name:
            raise Damaged(stage_id, MANIFEST)  # a manifest must not lead out of its folder
        try:
            return self.read(self.path(stage_id, name))
        except FileNotFoundError:
            raise Damaged(stage_id, name) from None


def artifact_type(manifest: Mapping[str, Any]) -> str:
    """Return the name of a result's artifact type; manifests that do not say it are older than the choice."""
    return str(manifest["artifact"]["name"]) if "artifact" in manifest else type_of(manifest["sha256"])


def _with_checksum(artifact: str) -> dict[str, str]:
    """Return an artifact type's name with its checksum, so that no byte of a manifest can change unnoticed."""
    return {"name": artifact, "sha256": hashlib.sha256(artifact.encode()).hexdigest()}
