"""Arrays of a checkpoint: each is checked against the numbers that are stored before any is read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..handover.texts import check_text, shown
from .archive import Archive
from .opcodes import Made, Named, Stored

TYPES = {
    "torch.FloatStorage": "<f4",
    "torch.DoubleStorage": "<f8",
    "torch.HalfStorage": "<f2",
    "torch.BFloat16Storage": "<u2",
    "torch.LongStorage": "<i8",
    "torch.IntStorage": "<i4",
}
"""NumPy's type of each kind of storage; bfloat16 is the upper half of a float32."""
TENSOR, PARAMETER = "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_parameter"
MOST_DIMENSIONS = 8
MOST_ARRAYS = 10_000
MOST_SHARED = 4
"""How often the bytes of a file may be read, for arrays that share them."""

Arrays = dict[str, NDArray[Any]]


def is_array(value: object) -> bool:
    """Tell whether something that a pickle would make is a tensor."""
    return isinstance(value, Made) and (value.by(TENSOR) or value.by(PARAMETER))


def arrays(state: Mapping[Any, object], archive: Archive, size: int) -> Arrays:
    """Return a model's state: float32, int32 or int64; floats of other widths become float32.

    Args:
        state: Tensors by name.
        archive: Holds their numbers.
        size: Bytes of the file.

    Raises:
        UserError: If there are too many, or one is no tensor, lies outside of what is stored, is of another type, or is
            not finite.
    """
    if len(state) > MOST_ARRAYS:
        raise UserError(f"{archive.where}: its state has {len(state)} arrays; at most {MOST_ARRAYS} are allowed.")
    found, total = {}, 0
    for name, value in state.items():
        if not isinstance(name, str):
            raise UserError(f"{archive.where}: an array of the model's state has a name that is no text.")
        check_text(name, f"{archive.where}: an array's name")
        if isinstance(value, Made) and value.by(PARAMETER) and isinstance(value.given, tuple) and value.given:
            value = value.given[0]
        found[name] = _array(value, archive, f"{archive.where}: {shown(name)}", MOST_SHARED * size - total)
        total += found[name].nbytes
    return found


def _array(value: object, archive: Archive, where: str, room: int) -> NDArray[Any]:
    given = value.given if isinstance(value, Made) and value.by(TENSOR) else None
    if not isinstance(given, tuple) or len(given) < 4 or not isinstance(given[0], Stored):
        raise UserError(f"{where} is no tensor.")
    kind, key, count = _storage(given[0].place, where)
    offset, shape, strides = given[1:4]
    if not (_whole((offset,)) and _whole(shape) and _whole(strides) and len(shape) == len(strides) <= MOST_DIMENSIONS):
        raise UserError(f"{where} has no sound offset, shape and strides.")
    size = math.prod(shape)
    last = offset + sum((n - 1) * step for n, step in zip(shape, strides, strict=True)) if size else offset - 1
    dtype = np.dtype(TYPES[kind])
    if size > count or last >= count or max(dtype.itemsize, 4) * size > room:
        raise UserError(f"{where} of shape {shown(shape)} does not fit into the {count} numbers that are stored.")
    content = archive.read(f"data/{key}")
    if len(content) != count * dtype.itemsize:
        raise UserError(f"{where} should have {count} numbers, and {len(content)} bytes of them are stored.")
    if size == 0:
        return np.zeros(shape, "<f4" if dtype.kind != "i" else dtype)
    stored = np.frombuffer(content, dtype)[offset:]
    picked = np.lib.stride_tricks.as_strided(stored, shape, [step * dtype.itemsize for step in strides])
    made = _plain(picked, kind)
    if not np.isfinite(made).all():
        raise UserError(f"{where} has numbers that are not finite.")
    return made


def _storage(place: object, where: str) -> tuple[str, str, int]:
    """Return kind, key and number of numbers of a storage; the device that it was on does not matter."""
    if isinstance(place, tuple) and len(place) == 5 and place[0] == "storage" and isinstance(place[1], Named):
        _, kind, key, _, count = place
        if isinstance(key, str) and key.isascii() and key.isdigit() and len(key) < 10 and _whole((count,)):
            if kind.dotted not in TYPES:
                raise UserError(f"{where} is of {shown(kind.dotted)}; allowed: {', '.join(TYPES)}.")
            return kind.dotted, key, count
    raise UserError(f"{where} does not say where its numbers are stored.")


def _plain(picked: NDArray[Any], kind: str) -> NDArray[Any]:
    if kind == "torch.BFloat16Storage":
        return (picked.astype("<u4") << 16).view("<f4")
    with np.errstate(over="ignore"):  # an overflow is found as infinity
        return picked.astype("<f4" if picked.dtype.kind == "f" else picked.dtype, order="C")


def _whole(values: object) -> bool:
    """Tell whether something is a tuple of whole numbers that an array in memory can have."""
    return isinstance(values, tuple) and all(type(value) is int and 0 <= value < 2**48 for value in values)
