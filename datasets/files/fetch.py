"""Downloads one file: goes on where it was broken off, shows how far it is, and checks what came."""

from __future__ import annotations

import contextlib
import http.client
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message
from pathlib import Path
from typing import Any

from ...core.errors import UserError
from .disk import told
from .names import sha256_of

CHUNK = 1 << 16
TIMEOUT = 30
Progress = Callable[[int, int | None], None]
"""Told the bytes there are so far, and in all if that is known."""


class Unreachable(Exception):
    """The address gave nothing; says why."""


def fetch(url: str, target: Path, sha256: str = "") -> str:
    """Download ``url`` to ``target``; returns its sha256.

    What there is of an unfinished download, in ``target`` with ``.part`` at its end, is kept and
    completed if the server still has the same file and can send the rest of it.

    Args:
        url: Where from.
        target: Where to; replaced only when everything has come and fits.
        sha256: What the file's checksum is known to be, or nothing.

    Raises:
        Unreachable: If the server cannot be reached or does not have the file.
        UserError: If the transfer broke off, the checksum differs or the disk is full.
    """
    part = target.with_name(target.name + ".part")
    with told(part):
        part.parent.mkdir(parents=True, exist_ok=True)
    with _progress(f"{target.name} from {url}") as progress:
        _transfer(url, part, progress)
    with told(part):
        found = sha256_of(part)
        if sha256 and found != sha256:
            part.unlink()
            raise UserError(
                f"{url} gave a file with sha256 {found}, and {sha256} is what it should have; it was thrown away."
            )
        os.replace(part, target)
        _tag(part).unlink(missing_ok=True)
    return found


def _transfer(url: str, part: Path, progress: Progress) -> None:
    """Append what is missing to ``part``."""
    have = part.stat().st_size if part.is_file() else 0
    tag = _tag(part).read_text("utf-8") if _tag(part).is_file() else ""
    if have and not tag:
        have = 0  # whether the server's file is still the same could not be told
    request = urllib.request.Request(url, headers={"User-Agent": "rbench"})
    if have:
        request.add_header("Range", f"bytes={have}-")
        request.add_header("If-Range", tag)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            if have and not (answer.status == 206 and _begins_at(answer.headers, have)):
                have = 0
            length = answer.headers.get("Content-Length")
            total = have + int(length) if length and length.isdigit() else None
            with told(part):
                _tag(part).write_text(_mark(answer.headers), "utf-8")
            _copy(answer, part, have, total, progress, url)
    except urllib.error.HTTPError as error:
        if error.code == 416 and have:  # there is nothing after what we have: another file, or all of it
            part.unlink()
            _transfer(url, part, progress)
            return
        raise Unreachable(f"HTTP {error.code} {error.reason}") from error
    except urllib.error.URLError as error:
        raise Unreachable(str(error.reason)) from error
    except (http.client.HTTPException, TimeoutError, ConnectionError) as error:
        raise Unreachable(str(error) or type(error).__name__) from error


def _copy(answer: Any, part: Path, have: int, total: int | None, progress: Progress, url: str) -> None:
    with told(part), part.open("ab" if have else "wb") as file:
        progress(have, total)
        while True:
            try:
                chunk = answer.read(CHUNK)
            except (http.client.HTTPException, TimeoutError, ConnectionError):
                break
            if not chunk:
                break
            file.write(chunk)
            have += len(chunk)
            progress(have, total)
    if total is not None and have < total:
        raise UserError(
            f"the download of {url} broke off after {have:,} of {total:,} bytes; the same command goes on from there."
        )


def _begins_at(headers: Message, have: int) -> bool:
    return str(headers.get("Content-Range", "")).startswith(f"bytes {have}-")


def _mark(headers: Message) -> str:
    """Return what tells this version of the file from others; a weak tag cannot."""
    tag = str(headers.get("ETag") or "")
    return str(headers.get("Last-Modified") or "") if not tag or tag.startswith("W/") else tag


def _tag(part: Path) -> Path:
    return part.with_name(part.name + ".tag")


@contextmanager
def _progress(what: str) -> Iterator[Progress]:
    """Show a bar on a terminal, and one line elsewhere; on stderr, so that stdout stays clean."""
    if not sys.stderr.isatty():
        print(f"downloading {what}", file=sys.stderr)
        yield lambda have, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as Bar

    with Bar(
        "{task.description}",
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    ) as bar:
        task = bar.add_task(what.partition(" ")[0], total=None)
        with contextlib.suppress(GeneratorExit):
            yield lambda have, total: bar.update(task, completed=have, total=total)
