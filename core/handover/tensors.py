"""Arrays from a stranger's safetensors file: every length is checked before anything is read by it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, deserialize

from ..errors import UserError
from .texts import check_text, shown

Arrays = dict[str, NDArray[Any]]
LONGEST_HEADER = 1_000_000
"""Bytes of names and shapes; a model of a thousand arrays needs a tenth of it."""
_DTYPES = {"F32": "<f4", "I32": "<i4", "I64": "<i8"}


def decode_arrays(content: bytes, where: str) -> Arrays:
    """Return the arrays of a safetensors file by name, in the order of names.

    Args:
        content: The file's, whole; pickles and archives are none.
        where: The file, for messages.

    Returns:
        Arrays of float32, int32 or int64, all of whose numbers are finite; together no larger than the file.

    Raises:
        UserError: If it is something else; says what.
    """
    header = int.from_bytes(content[:8], "little")
    if len(content) < 8 or header > min(LONGEST_HEADER, len(content) - 8):
        raise UserError(
            f"{where} is no safetensors file: it begins with {shown(content[:8])}, which should be the length of a "
            f"header of at most {LONGEST_HEADER} of the file's {len(content)} bytes."
        )
    parse: Callable[[bytes], list[tuple[str, dict[str, Any]]]] = deserialize
    try:
        entries = parse(content)
    except SafetensorError as error:
        raise UserError(f"{where} is no sound safetensors file ({shown(str(error))}).") from error
    return {name: _array(name, entry, where) for name, entry in sorted(entries)}


def _array(name: str, entry: dict[str, Any], where: str) -> NDArray[Any]:
    check_text(name, f"{where}: an array's name")
    if entry["dtype"] not in _DTYPES:
        raise UserError(f"{where}: the array {shown(name)} is of type {entry['dtype']}; allowed: {', '.join(_DTYPES)}.")
    try:
        array = np.frombuffer(entry["data"], _DTYPES[entry["dtype"]]).reshape(entry["shape"])
    except (ValueError, OverflowError) as error:  # more dimensions, or larger ones, than numpy has
        raise UserError(f"{where}: the array {shown(name)} has the shape {shown(entry['shape'])}.") from error
    if not np.isfinite(array).all():
        raise UserError(f"{where}: the array {shown(name)} has numbers that are not finite.")
    return array
