"""Puts raw files into the user's data folder: from a file, from a folder, or from where they are published."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from ...core.errors import UserError
from ...core.system.files import write_atomically
from .archive import unpack
from .disk import new_folder
from .fetch import Unreachable, fetch
from .fingerprints import cached_digests
from .places import data_home, token_of
from .raw import Link, RawDataset

LARGE = 1 << 28
"""Files larger than this together are linked and not copied: 256 MB."""


def install(cls: type[RawDataset], source: str) -> str:
    """Bring the raw files of a data set from a path or one of its published archives; returns what was done.

    Raises:
        UserError: If the source does not hold them, or others are there already, or the disk is full.
    """
    if source in cls.links and not os.path.exists(source):
        return _download(cls, source)
    place = Path(os.path.abspath(os.path.expanduser(source)))
    if not place.exists():
        named = f", and none of {', '.join(cls.links)}" if cls.links else ""
        raise UserError(f"--from {source}: there is no such file or folder{named}.")
    return _take(cls, place)


def missing(cls: type[RawDataset]) -> bool:
    """Tell whether the data folder lacks the data set."""
    return not (data_home() / cls.name).exists()


def _take(cls: type[RawDataset], place: Path) -> str:
    home = data_home() / cls.name
    _, files = cls.locate(str(place))
    cls.check(files)
    token = token_of(cached_digests(files))
    if home.exists():
        if token_of(cached_digests(cls.locate("")[1])) == token:
            return f"{home} holds the same files already."
        raise UserError(f"{home} holds other files already; remove it first, or set RBENCH_DATA to another folder.")
    packed = place.is_file() and place not in files.values()
    link = not packed and sum(path.stat().st_size for path in files.values()) > LARGE
    with new_folder(home) as part:
        if packed:
            unpack(place, part)
        for path in files.values():
            target = part / path.name
            if link:
                target.symlink_to(path.resolve())
            elif not packed:
                shutil.copyfile(path, target)
    done = "unpacked" if packed else "linked, being large; leave them where they are," if link else "copied"
    return f"{len(files)} files {done} to {home}."


def _download(cls: type[RawDataset], source: str) -> str:
    link, target = cls.links[source], data_home() / ".download" / f"{cls.name}-{source}"
    archive = target.with_name(target.name + ".zip") if isinstance(link, tuple) else None
    notes = {}
    for place, (url, sha256) in _places(link, archive or target).items():
        try:
            found = fetch(url, place, sha256)
        except Unreachable as error:
            others = [f"`--from {name}`" for name in cls.links if name != source]
            raise UserError(
                f"{cls.name} could not be downloaded from {url} ({error}); get {cls.wanted} by other means and give "
                f"the file or folder: `rbench data {cls.name} --from FILE_OR_DIR`{', or try ' if others else ''}"
                f"{' or '.join(others)}."
            ) from error
        notes[place.name] = {"url": url, "sha256": found, "sha256_was_known": bool(sha256)}
    try:
        told = _take(cls, archive or target)
        note = json.dumps(notes[archive.name] if archive else notes, indent=2)
        write_atomically(data_home() / cls.name / "download.json", (note + "\n").encode())
    finally:
        if archive:
            archive.unlink(missing_ok=True)
        else:
            shutil.rmtree(target, ignore_errors=True)
    return f"{told} {_sums(notes, archive)}"


def _places(link: Link, target: Path) -> dict[Path, tuple[str, str]]:
    """Return address and sha256 by where what comes from there is put."""
    return {target: link} if isinstance(link, tuple) else {target / name: pair for name, pair in link.items()}


def _sums(notes: Mapping[str, Mapping[str, object]], archive: Path | None) -> str:
    """Return, in words, the sha256 of what was downloaded."""
    if archive is None:
        return f"The sha256 of {' and '.join(notes)} are the stated ones."
    (note,) = notes.values()
    hint = "" if note["sha256_was_known"] else " (recorded; none is stated to check it by)"
    return f"The archive's sha256 is {note['sha256']}{hint}."
