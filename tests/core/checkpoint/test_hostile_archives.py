"""Archives and arrays of a checkpoint are read within their bounds, or refused."""

from __future__ import annotations

import io
import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rbench_checkpoints import packed, saved, state

from rbench.core.checkpoint import archive, arrays
from rbench.core.checkpoint.read import Checkpoint, read_checkpoint
from rbench.core.errors import UserError
from rbench.models.sequential.recbole import door

Refused = Callable[..., None]
NUMBERS = np.arange(6, dtype=np.float32)


class Place:
    """Pickled as what is stored beside."""

    def __init__(self, told: Any) -> None:
        self.told = told


class Tensor:
    def __init__(self, *given: Any) -> None:
        self.given = given

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return torch._utils._rebuild_tensor_v2, self.given


class Pickler(pickle.Pickler):
    def persistent_id(self, value: object) -> Any:
        return value.told if isinstance(value, Place) else None


def place(key: Any = "0", count: Any = 6, kind: Any = torch.FloatStorage, where: Any = "cuda:7; rm -rf") -> Place:
    return Place(("storage", kind, key, where, count))


def stored(*given: Any, numbers: bytes = NUMBERS.tobytes(), name: Any = "w") -> bytes:
    """Return an archive with one tensor, of a storage, an offset, a shape and strides."""
    file = io.BytesIO()
    Pickler(file, 4).dump({"state_dict": {name: Tensor(*given, False, {})}})
    return packed({"m/data.pkl": file.getvalue(), "m/data/0": numbers, "m/byteorder": b"little"})


def read(tmp_path: Path, content: bytes) -> Checkpoint:
    (tmp_path / "sound.pth").write_bytes(content)
    return read_checkpoint(tmp_path / "sound.pth")


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_a_sound_checkpoint(tmp_path: Path, protocol: int) -> None:
    found = read(tmp_path, saved(protocol))
    assert found.model == "GRU4Rec"
    assert found.options == {"hidden_size": 2, "act": "relu", "rate": 0.5, "names": ["a", "b"]}
    assert {*found.weights} == {*state()}
    for name, tensor in state().items():
        assert found.weights[name].dtype == tensor.numpy().dtype and np.array_equal(found.weights[name], tensor.numpy())


@pytest.mark.parametrize(
    "wrap", [lambda s: s, lambda s: {k: torch.nn.Parameter(v) for k, v in s.items() if k != "ids"}]
)
def test_a_state_alone(tmp_path: Path, wrap: Any) -> None:
    file = io.BytesIO()
    torch.save(wrap(state()), file)
    found = read(tmp_path, file.getvalue())
    assert (found.model, found.options) == (None, {})
    assert all(np.array_equal(array, state()[name].numpy()) for name, array in found.weights.items()) and found.weights


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_floats_become_float32(tmp_path: Path, dtype: torch.dtype) -> None:
    exact = torch.tensor([[0.0, -1.5, 3.25], [2.0**-14, -100.0, 0.1]]).to(dtype)
    file = io.BytesIO()
    torch.save({"w": exact.T}, file)
    array = read(tmp_path, file.getvalue()).weights["w"]
    assert array.dtype == np.float32 and np.array_equal(array, exact.T.float().numpy())


@pytest.mark.parametrize(
    ("offset", "shape", "strides"), [(0, (2, 3), (3, 1)), (1, (2, 2), (1, 3)), (5, (), ()), (6, (0, 2**40), (1, 1))]
)
def test_arrays_within_what_is_stored(tmp_path: Path, offset: int, shape: Any, strides: Any) -> None:
    array = read(tmp_path, stored(place(), offset, shape, strides)).weights["w"]
    assert np.array_equal(array, torch.as_strided(torch.from_numpy(NUMBERS), shape, strides, offset).numpy())


ARRAYS = {
    "offset below": (place(), -1, (2,), (1,)),
    "offset beyond": (place(), 6, (1,), (1,)),
    "shape beyond": (place(), 1, (6,), (1,)),
    "strides beyond": (place(), 0, (2, 2), (5, 1)),
    "strides below": (place(), 5, (2,), (-1,)),
    "one number many times": (place(), 0, (10**12,), (0,)),
    "overflowing shape": (place(), 0, (2**47, 2**47), (0, 0)),
    "large offset": (place(), 2**63, (1,), (1,)),
    "negative shape": (place(), 0, (-2, -3), (3, 1)),
    "shape of floats": (place(), 0, (2.0, 3.0), (3, 1)),
    "shape of truth values": (place(), 0, (True,), (1,)),
    "shape that is no tuple": (place(), 0, [2, 3], (3, 1)),
    "fewer strides": (place(), 0, (2, 3), (1,)),
    "many dimensions": (place(), 0, (1,) * 70, (1,) * 70),
    "more than is stored": (place(count=2**40), 0, (2,), (1,)),
    "less than is stored": (place(count=5), 0, (2,), (1,)),
    "negative count": (place(count=-6), 0, (2,), (1,)),
    "another member": (place(key="../data.pkl"), 0, (2,), (1,)),
    "no such member": (place(key="7"), 0, (2,), (1,)),
    "key of another type": (place(key=0), 0, (2,), (1,)),
    "kind in words": (place(kind="FloatStorage"), 0, (2,), (1,)),
    "kind that is none": (place(kind=torch.device), 0, (2,), (1,)),
    "bytes": (place(kind=torch.ByteStorage), 0, (2,), (1,)),
    "a place in words": (Place("storage"), 0, (2,), (1,)),
    "a place with less": (Place(("storage", torch.FloatStorage, "0", "cpu")), 0, (2,), (1,)),
    "a place of another kind": (Place(("module", torch.FloatStorage, "0", "cpu", 6)), 0, (2,), (1,)),
    "nothing stored": (None, 0, (2,), (1,)),
    "nothing told": (),
}


@pytest.mark.parametrize("case", ARRAYS)
def test_hostile_arrays(case: str, refused: Refused) -> None:
    refused(stored(*ARRAYS[case]))


def test_names_and_numbers(refused: Refused) -> None:
    for bad in (np.nan, np.inf):
        refused(stored(place(), 0, (6,), (1,), numbers=np.full(6, bad, np.float32).tobytes()), "'w'", "not finite")
    wide = np.full(6, 1e300).tobytes()
    refused(stored(place(kind=torch.DoubleStorage), 0, (6,), (1,), numbers=wide), "not finite")
    refused(stored(place(), 0, (6,), (1,), name=7), "no text")
    refused(stored(place(), 0, (6,), (1,), name="\x1b[2J"), "control character")


def test_arrays_that_share_everything(refused: Refused) -> None:
    numbers = torch.ones(100_000)
    file = io.BytesIO()
    torch.save({str(i): numbers for i in range(20)}, file)
    refused(file.getvalue(), "does not fit")


def test_a_storage_that_many_arrays_share_is_checked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = torch.arange(1000.0)
    file = io.BytesIO()
    torch.save({str(i): whole[i] for i in range(200)}, file)
    checked: list[int] = []
    crc32 = archive.zlib.crc32
    monkeypatch.setattr(archive.zlib, "crc32", lambda content: checked.append(len(content)) or crc32(content))
    assert read(tmp_path, file.getvalue()).weights["7"] == 7
    assert checked.count(4000) == 1


def entries(content: bytes) -> list[int]:
    """Return where the entries of an archive's directory begin."""
    places, at = [], content.find(b"PK\x01\x02")
    while at >= 0:
        places.append(at)
        at = content.find(b"PK\x01\x02", at + 4)
    return places


def changed(content: bytes, at: int, value: bytes) -> bytes:
    return content[:at] + value + content[at + len(value) :]


def test_hostile_archives(refused: Refused) -> None:
    sound = stored(place(), 0, (6,), (1,))
    pickled, numbers = {"m/data.pkl": b"\x80\x04}."}, {"m/data/0": bytes(100_000_000)}
    refused(packed(pickled | numbers, zipfile.ZIP_DEFLATED), "compressed")
    first, second = entries(sound)[:2]
    refused(changed(sound, second + 42, struct.pack("<I", 0)), "overlap")
    refused(changed(sound, second + 42, struct.pack("<I", 2**31)), "no sound zip")
    refused(changed(sound, second + 8, b"\x01"), "encrypted")
    refused(changed(sound, second + 20, struct.pack("<II", 2**31, 2**31)), "no sound zip")
    refused(changed(sound, second + 20, struct.pack("<II", 24, 25)), "compressed")
    refused(changed(sound, first + 16, bytes(4)), "'data.pkl' is damaged")
    refused(packed({"m/data.pkl": b"}.", "m/byteorder": b"big"}), "big-endian")
    refused(packed({"m/data.pkl": b"}.", "n/data.pkl": b"}."}), "2 members data.pkl")
    refused(packed({"m/code/data.py": b"import os"}), "0 members data.pkl")
    with pytest.warns(UserWarning, match="Duplicate"):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as twice:
            twice.writestr("m/data.pkl", b"}.")
            twice.writestr("m/data.pkl", b"].")
    refused(file.getvalue(), "same name")
    for spoilt in (b"", b"PK", b"PK\x05\x06" + bytes(18), sound[:-30], b"nonsense" * 100):
        refused(spoilt)


def test_many_members_and_many_arrays(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    refused(packed({"m/data.pkl": b"}.", **{f"m/{name}": b"" for name in range(50_001)}}), "50002 members")
    monkeypatch.setattr(arrays, "MOST_ARRAYS", 3)
    refused(saved(), "has 4 arrays; at most 3")


def test_long_options_are_left_out(tmp_path: Path) -> None:
    """A text may stand in a list any number of times, so that a short file could make a long message."""
    text = "x" * 1_000_000
    with door.undisturbed():
        held = torch.load(io.BytesIO(saved()), weights_only=False)
    options = {"text": text, "list": [text] * 1000, "many": [1] * 1001, "nested": [[1]], "sound": ["a" * 1000] * 1000}
    vars(held["config"])["final_config_dict"] = options
    file = io.BytesIO()
    torch.save(held, file, pickle_protocol=4)
    assert len(file.getvalue()) < 3 * len(text)
    assert list(read(tmp_path, file.getvalue()).options) == ["sound"]


def test_paths_in_an_archive_are_only_names(tmp_path: Path) -> None:
    inside = zipfile.ZipFile(io.BytesIO(stored(place(), 0, (6,), (1,))))
    moved = {f"../../etc/{name}": inside.read(name) for name in inside.namelist()}
    before = sorted(tmp_path.rglob("*"))
    assert np.array_equal(read(tmp_path, packed(moved)).weights["w"], NUMBERS)
    assert sorted(tmp_path.rglob("*")) == [*before, tmp_path / "sound.pth"]


def test_what_is_no_file(tmp_path: Path) -> None:
    def said(name: str) -> str:
        with pytest.raises(UserError) as error:
            read_checkpoint(tmp_path / name)
        return str(error.value)

    read(tmp_path, stored(place(), 0, (6,), (1,)))
    (tmp_path / "link").symlink_to("sound.pth")
    assert np.array_equal(read_checkpoint(tmp_path / "link").weights["w"], NUMBERS)
    (tmp_path / "circle").symlink_to("circle")
    assert "cannot be read" in said("circle")
    assert "no such file" in said("nowhere")
    (tmp_path / "folder").mkdir()
    assert "folder" in said("folder")
    os.mkfifo(tmp_path / "pipe")
    assert "no regular file" in said("pipe")
    (tmp_path / "large").touch()
    os.truncate(tmp_path / "large", 2**34 + 1)
    assert f"{2**34 + 1} bytes" in said("large")


SOUND = stored(place(), 0, (2, 3), (3, 1))


@settings(deadline=None, max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(flips=st.lists(st.tuples(st.integers(0, len(SOUND) - 1), st.integers(1, 255)), min_size=1, max_size=3))
def test_flipped_bytes_give_the_same_state_or_are_refused(tmp_path: Path, flips: list[tuple[int, int]]) -> None:
    spoilt = bytearray(SOUND)
    for at, bits in flips:
        spoilt[at] ^= bits
    try:
        found = read(tmp_path, bytes(spoilt))
    except UserError as error:
        assert str(error).isprintable()
    else:
        assert np.array_equal(found.weights["w"], NUMBERS.reshape(2, 3)) and len(found.weights) == 1


@settings(deadline=None, max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_pickle_is_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    """The checksum, which would stop most flips, is right here."""
    inside = zipfile.ZipFile(io.BytesIO(SOUND))
    members = {name: inside.read(name) for name in inside.namelist()}
    pickled = bytearray(members["m/data.pkl"])
    for _ in range(data.draw(st.integers(1, 3))):
        pickled[data.draw(st.integers(0, len(pickled) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = read(tmp_path, packed(members | {"m/data.pkl": bytes(pickled)}))
    except UserError as error:
        assert str(error).isprintable()
    else:
        assert all(np.isin(array, NUMBERS).all() for array in found.weights.values())
