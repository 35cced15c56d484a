"""A hostile hand-over folder is refused in one sentence, and nothing in it is run."""

from __future__ import annotations

import json
import os
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rbench.core.errors import UserError
from rbench.core.handover.folder import read

Refused = Callable[..., None]
TABLE = "item_embedding.weight"


class Bomb:
    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return os.mkdir, (str(self.canary),)


def test_a_pickle_is_never_run(folder: Path, tmp_path: Path, refused: Refused) -> None:
    canary = tmp_path / "canary"
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        bomb = pickle.dumps(Bomb(canary), protocol)
        for beside in ("model.pth", "model.pkl", "pytorch_model.bin"):
            (folder / beside).write_bytes(bomb)
        read(folder)
        for name in ("model.safetensors", "prompt.safetensors", "card.json", "items.txt"):
            sound = (folder / name).read_bytes()
            (folder / name).write_bytes(bomb)
            refused(folder, name)
            (folder / name).write_bytes(sound)
    assert not canary.exists()
    pickle.loads(bomb)
    assert canary.exists(), "the bomb works"


@pytest.mark.parametrize("name", ["model.safetensors", "card.json", "items.txt"])
def test_a_file_that_is_missing(folder: Path, name: str, refused: Refused) -> None:
    (folder / name).unlink()
    refused(folder, f"{name} is missing")
    (folder / name).mkdir()
    refused(folder, name)


def test_no_folder(tmp_path: Path, refused: Refused) -> None:
    refused(tmp_path / "nowhere", "no such folder")


@pytest.mark.parametrize("name", ["model.safetensors", "prompt.safetensors", "card.json", "items.txt"])
def test_links(folder: Path, name: str, refused: Refused) -> None:
    (folder / name).rename(folder.parent / "outside")
    (folder / name).symlink_to(folder.parent / "outside")
    refused(folder, name, "leads out of the folder")
    (folder / name).unlink()
    (folder / name).symlink_to(name)
    refused(folder, name)
    (folder / name).unlink()
    (folder.parent / "outside").rename(folder / "inside")
    (folder / name).symlink_to("inside")
    read(folder)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
def test_a_pipe_is_not_waited_for(folder: Path, refused: Refused) -> None:
    (folder / "items.txt").unlink()
    os.mkfifo(folder / "items.txt")
    refused(folder, "no regular file")


def packed(header: Any, data: bytes = b"", length: int | None = None) -> bytes:
    told = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(told) if length is None else length) + told + data


def entry(dtype: str = "F32", shape: Any = (5, 2), offsets: Any = (0, 40)) -> dict[str, Any]:
    return {TABLE: {"dtype": dtype, "shape": shape, "data_offsets": offsets}}


def saved(**weights: Any) -> bytes:
    return bytes(safetensors.numpy.save(weights))


TENSORS = {
    "empty": (b"", "no safetensors file"),
    "seven bytes": (b"1234567", "no safetensors file"),
    "archive": (b"PK\x03\x04" + bytes(200), "no safetensors file"),
    "huge header": (packed(b"{}", length=2**63), "no safetensors file"),
    "header longer than the file": (packed(b"{}", length=900_000), "no safetensors file"),
    "long header": (packed(entry() | {"x" * 2_000_000: entry()[TABLE]}, bytes(40)), "at most 1000000"),
    "no JSON": (packed(b"{nonsense"), "no sound safetensors"),
    "deep": (packed(b"[" * 100_000), "no sound safetensors"),
    "not UTF-8": (packed(b"\xff\xfe{}"), "no sound safetensors"),
    "a list": (packed([1, 2]), "no sound safetensors"),
    "size bomb": (packed(entry(shape=[2**40, 2], offsets=[0, 2**43])), "no sound safetensors"),
    "overflowing shape": (packed(entry(shape=[2**62, 2**62]), bytes(40)), "no sound safetensors"),
    "negative shape": (packed(entry(shape=[-5, -2]), bytes(40)), "no sound safetensors"),
    "short": (packed(entry(), bytes(39)), "no sound safetensors"),
    "something behind": (packed(entry(), bytes(41)), "no sound safetensors"),
    "overlapping": (packed(entry() | {"b": entry()[TABLE]}, bytes(40)), "no sound safetensors"),
    "unknown type": (packed(entry("PICKLE"), bytes(40)), "no sound safetensors"),
    "float64": (saved(**{TABLE: np.zeros((5, 2))}), "type F64"),
    "float16": (saved(**{TABLE: np.zeros((5, 2), np.float16)}), "type F16"),
    "bfloat16": (packed(entry("BF16", offsets=[0, 20]), bytes(20)), "type BF16"),
    "integer table": (saved(**{TABLE: np.zeros((5, 2), np.int32)}), "int32"),
    "many dimensions": (packed(entry(shape=[5, 2] + [1] * 200), bytes(40)), "has the shape"),
    "no numbers of a large shape": (packed(entry(shape=[0, 2**62, 4], offsets=[0, 0])), TABLE),
    "infinite": (saved(**{TABLE: np.full((5, 2), np.inf, np.float32)}), "not finite"),
    "not a number": (saved(**{TABLE: np.zeros((5, 2), np.float32), "b": np.float32([np.nan])}), "not finite"),
    "a row too few": (saved(**{TABLE: np.zeros((4, 2), np.float32)}), "shape (5, 2)"),
    "another width": (saved(**{TABLE: np.zeros((5, 3), np.float32)}), "shape (5, 2)"),
    "flat": (saved(**{TABLE: np.zeros(10, np.float32)}), "shape (5, 2)"),
    "no table": (saved(other=np.zeros((5, 2), np.float32)), "is missing"),
    "name that a terminal obeys": (saved(**{"\x1b[2J": np.zeros(1, np.float32)}), "control character"),
    "long name": (saved(**{"x" * 1001: np.zeros(1, np.float32)}), "1001 characters"),
}


@pytest.mark.parametrize("case", TENSORS)
def test_hostile_tensors(folder: Path, case: str, refused: Refused) -> None:
    content, words = TENSORS[case]
    (folder / "model.safetensors").write_bytes(content)
    refused(folder, "model.safetensors", words)


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200), cut=st.integers(0, 200), place=st.integers(0, 400), byte=st.integers(0, 255))
def test_any_bytes_are_read_or_refused(folder: Path, content: bytes, cut: int, place: int, byte: int) -> None:
    for path in folder.iterdir():
        sound = path.read_bytes()
        changed = bytearray(sound)
        changed[place % len(sound)] = byte
        for spoilt in (content, sound[: -cut or None], bytes(changed)):
            path.write_bytes(spoilt)
            try:
                read(folder)
            except UserError as error:
                assert str(error).isprintable()
        path.write_bytes(sound)


def card(**changes: Any) -> bytes:
    sound = {"schema": 1, "model": "m", "configuration": {}, "sizes": {"items": 4, "width": 2}, "claims": {}}
    return json.dumps({k: v for k, v in (sound | changes).items() if v is not ...}).encode()


CARDS = {
    "empty": (b"", "no JSON"),
    "no JSON": (b"model: sasrec", "no JSON"),
    "not UTF-8": (b'{"model": "\xff"}', "no JSON"),
    "UTF-16": (card().decode().encode("utf-16"), "no JSON"),
    "deep": (b"[" * 500_000, "no JSON"),
    "deep and sound": (b'{"x":' + b"[" * 5000 + b"]" * 5000 + b"}", "no JSON"),
    "number of many digits": (b'{"schema": ' + b"1" * 50_000 + b"}", "no JSON"),
    "a list": (b"[1, 2]", "no table"),
    "null": (b"null", "no table"),
    "larger than 1 MB": (card(claims={"x": ["y" * 900] * 1200}), "at most 1000000"),
    "no schema": (card(schema=...), "schema None"),
    "later schema": (card(schema=2), "schema 2"),
    "schema in words": (card(schema="1"), "schema '1'"),
    "schema true": (card(schema=True), "schema True"),
    "without a model": (card(model=...), "entries"),
    "with code": (card(code="import os"), "entries"),
    "model of another type": (card(model=["sasrec"]), "no text"),
    "configuration of another type": (card(configuration=[]), "no table"),
    "claims of another type": (card(claims="trust me"), "no table"),
    "no items": (card(sizes={"width": 2}), "sizes"),
    "negative items": (card(sizes={"items": -4, "width": 2}), "sizes"),
    "half an item": (card(sizes={"items": 4.0, "width": 2}), "sizes"),
    "other items": (card(sizes={"items": 10**30, "width": 2}), "4 items"),
    "other width": (card(sizes={"items": 4, "width": 3}), "shape (5, 3)"),
    "a second model": (card(claims={"config": {"eval": "1"}}), "among the claims"),
    "NaN": (card(claims={"HR@10": float("nan")}), "not finite"),
    "infinity by its exponent": (card().replace(b'"claims": {}', b'"claims": {"x": 1e999}'), "not finite"),
    "long text": (card(claims={"x": "y" * 1001}), "1001 characters"),
    "long name": (card(configuration={"y" * 1001: 1}), "1001 characters"),
    "text that a terminal obeys": (card(claims={"x": "\x1b]0;owned\x07"}), "control character"),
    "half of a character": (card(claims={"x": "\ud800"}), "half of a character"),
}


@pytest.mark.parametrize("case", CARDS)
def test_hostile_cards(folder: Path, case: str, refused: Refused) -> None:
    content, words = CARDS[case]
    (folder / "card.json").write_bytes(content)
    refused(folder, "card.json", words)


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "../../etc/passwd", "__import__('os').abort()", "${x}"])
def test_markup_and_paths_are_only_text(folder: Path, text: str) -> None:
    (folder / "card.json").write_bytes(card(model=text, claims={text: text}))
    assert read(folder)[0].card == {"model": text, "config": {}, "n_items": 4, text: text}


LISTS = {
    "empty": (b"", "line break"),
    "no last line break": (b"a\nb\nc\nd", "line break"),
    "too few": (b"a\nb\nc\n", "3 items"),
    "too many": (b"a\nb\nc\nd\ne\n", "5 items"),
    "twice": (b"a\nb\na\nd\n", "items.txt:3", "'a' stands in line 1"),
    "empty id": (b"a\n\nc\nd\n", "items.txt:2 is empty"),
    "not UTF-8": (b"a\nb\nc\n\xff\n", "no UTF-8 (byte 6)"),
    "Windows": (b"a\r\nb\r\nc\r\nd\r\n", "items.txt:1", "control character, '\\r'"),
    "tab": (b"a\nb\tx\nc\nd\n", "items.txt:2", "control character"),
    "escape": (b"a\nb\n\x1b[2J\nd\n", "items.txt:3", "control character"),
    "line separator": ("a\nb\nc\nd\u2028e\n".encode(), "line break"),
    "nothing": (b"a\nb\nc\n\0\n", "control character"),
    "long": (b"a\nb\nc\n" + b"d" * 10_000_000 + b"\n", "10000000 characters"),
}


@pytest.mark.parametrize("case", LISTS)
def test_hostile_lists_of_items(folder: Path, case: str, refused: Refused) -> None:
    content, *words = LISTS[case]
    (folder / "items.txt").write_bytes(content)
    refused(folder, "items.txt", *words)


def test_a_file_larger_than_any_model_is_not_read(folder: Path, refused: Refused) -> None:
    os.truncate(folder / "model.safetensors", 2**34 + 1)
    refused(folder, "model.safetensors", f"{2**34 + 1} bytes")


@pytest.mark.parametrize(("length", "allowed"), [(0.0, True), (1.9, True), (2.1, False), (1e30, False)])
def test_the_row_of_padding(folder: Path, length: float, allowed: bool, refused: Refused) -> None:
    table = np.full((5, 2), 3.0, np.float32)
    table[0] *= length
    (folder / "model.safetensors").write_bytes(saved(**{TABLE: table}))
    if allowed:
        assert np.array_equal(read(folder)[0].weights[TABLE], table)
    else:
        refused(folder, "row 0, which is for padding")
