"""Opens zip archives: whole, checked, and never outside the folder they are unpacked into."""

from __future__ import annotations

import shutil
import zipfile
import zlib
from collections import Counter
from pathlib import Path, PurePosixPath

from ...core.errors import UserError
from ...core.files import cache_home
from .disk import new_folder
from .fingerprints import cached_digests


def unpacked(path: Path) -> Path:
    """Return a folder in the user's cache with the archive's files, unpacked once for each content.

    Raises:
        UserError: If it is no archive, or a damaged one, or the disk is full.
    """
    if not zipfile.is_zipfile(path):
        raise UserError(f"{path} is no zip archive, or only the beginning of one.")
    digest = str(cached_digests({"archive": path})["archive"])
    folder = cache_home() / "unpacked" / digest[:32]
    if not folder.is_dir():
        with new_folder(folder) as part:
            unpack(path, part)
    return folder


def unpack(path: Path, folder: Path) -> None:
    """Write the archive's files into ``folder``, all in one level; each is checked against its checksum.

    Raises:
        UserError: If it is no archive, or a damaged one, or holds two files of the same name.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if not m.is_dir() and not m.filename.startswith("__MACOSX/")]
            names = [PurePosixPath(member.filename).name for member in members]
            twice = sorted(name for name, count in Counter(names).items() if count > 1)
            if twice:
                raise UserError(f"{path} holds {twice[0]} more than once; unpack it and give the right folder.")
            size, free = sum(m.file_size for m in members), shutil.disk_usage(folder).free
            if size > free:
                raise UserError(f"{path} unpacks to {size:,} bytes, and the disk of {folder.parent} has {free:,} free.")
            for member, name in zip(members, names, strict=True):
                with archive.open(member) as source, (folder / name).open("wb") as target:
                    shutil.copyfileobj(source, target, 1 << 20)
    # zipfile raises NotImplementedError at a compression it does not know, RuntimeError at an encrypted file.
    except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError, RuntimeError) as error:
        raise UserError(f"{path} is a damaged zip archive, or one of an unknown kind ({error}).") from error
