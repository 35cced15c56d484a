"""Reads a text file in pieces of whole lines: plain or compressed, in UTF-8, UTF-16 or Latin-1, in bounded memory."""

from __future__ import annotations

import bz2
import codecs
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...core.errors import UserError

SIZE = 1 << 24
LONGEST = 1 << 26
"""Bytes that a line may have."""
PACKED = (".gz", ".bz2", ".zst")
UTF8_MARK = codecs.BOM_UTF8
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def pieces(path: Path, encoding: str = "utf-8", size: int = SIZE) -> Iterator[bytes]:
    """Yield the lines of a file, about ``size`` bytes at a time, as UTF-8 that ends each line with a line feed.

    A mark of the byte order is left out, and so are empty lines at the end of the file. What is not UTF-8 stays as
    it is: whoever looks at the values tells it.

    Args:
        path: The file; ``.gz``, ``.bz2`` and ``.zst`` are unpacked.
        encoding: Of the file, if no mark says otherwise.
        size: Bytes to read in one go.

    Raises:
        UserError: If the file cannot be read, is cut off, or has a line without end.
    """
    rest, returns = b"", None
    for raw in _decoded(path, encoding, size):
        rest += raw
        if returns is None and (b"\n" in rest or b"\r" in rest[:-1]):
            returns = b"\n" not in rest  # lines end with a carriage return alone, as on old Macs
        if returns:
            rest = rest.replace(b"\r", b"\n")
        cut = rest.rfind(b"\n") + 1
        whole, rest = rest[:cut].replace(b"\r\n", b"\n"), rest[cut:]
        lines = whole.rstrip(b"\n")
        # Whether empty lines are the file's last ones is not known yet.
        rest = b"\n" * (len(whole) - len(lines) - bool(lines)) + rest
        if len(rest) > max(LONGEST, 4 * size):
            raise UserError(f"{path} has a line of more than {LONGEST >> 20} MB; it is no text file of rows.")
        if lines:
            yield lines + b"\n"
    if rest := rest.replace(b"\r\n", b"\n").rstrip(b"\r\n"):
        yield rest + b"\n"


def _decoded(path: Path, encoding: str, size: int) -> Iterator[bytes]:
    """Yield the file's bytes, recoded to UTF-8 where they are in another encoding."""
    decoder = None if encoding == "utf-8" else codecs.getincrementaldecoder(encoding)()
    first = True
    for raw in _unpacked(path, size):
        if first and raw.startswith(UTF16_MARKS):
            decoder = codecs.getincrementaldecoder("utf-16")()
        elif first:
            raw = raw.removeprefix(UTF8_MARK)
        first = False
        try:
            yield raw if decoder is None else decoder.decode(raw).encode("utf-8", "surrogatepass")
        except UnicodeDecodeError as error:
            raise UserError(f"{path} begins like UTF-16 and is not; save it as UTF-8.") from error


def _unpacked(path: Path, size: int) -> Iterator[bytes]:
    try:
        with _opened(path) as file:
            while raw := file.read(size):
                yield raw
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        kind = "bz2" if path.suffix.lower() == ".bz2" else "gzip"
        raise UserError(f"{path} is no {kind} file, or only the beginning of one ({error}).") from error
    except OSError as error:
        packed = path.suffix.lower() in PACKED and not error.strerror
        problem = f"is no {path.suffix[1:]} file, or only the beginning of one" if packed else "cannot be read"
        raise UserError(f"{path} {problem} ({error.strerror or error}).") from error


def _opened(path: Path) -> Any:
    ending = path.suffix.lower()
    if ending == ".gz":
        return gzip.open(path)
    if ending == ".bz2":
        return bz2.open(path)
    if ending == ".zst":
        import pyarrow as pa

        return pa.CompressedInputStream(pa.OSFile(str(path)), "zstd")
    return path.open("rb")
