"""Whatever a checkpoint's pickle says, nothing in it is run, and what does not belong there is refused by name."""

from __future__ import annotations

import io
import logging
import os
import pickle
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from rbench_checkpoints import packed, saved

Refused = Callable[..., None]


class Bomb:
    """Makes a folder if it is unpickled, by one function or another."""

    def __init__(self, canary: Path, by: str) -> None:
        self.canary, self.by = canary, by

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        if self.by == "eval":
            return eval, (f"__import__('os').mkdir({str(self.canary)!r})",)
        return os.mkdir, (str(self.canary),)


@pytest.mark.parametrize("place", ["config", "epoch", "state_dict", "other_parameter", "optimizer", "deep", "key"])
@pytest.mark.parametrize(("by", "name"), [("mkdir", "posix.mkdir"), ("eval", "builtins.eval")])
def test_a_bomb_in_every_place(place: str, by: str, name: str, tmp_path: Path, refused: Refused) -> None:
    canary = tmp_path / "canary"
    bomb = Bomb(canary, by)
    value: Any = {"deep": [({"x": [bomb]},)], "key": {bomb: 1}}.get(place, bomb)
    for protocol in (2, 4, 5):
        content = saved(protocol, **{place: value})
        refused(content, f"'{name}'" if protocol > 2 or by == "mkdir" else "eval", "nothing in it was run")
    assert not canary.exists()
    torch.load(io.BytesIO(content), weights_only=False)
    assert canary.exists(), "the bomb works"


def test_a_pickle_beside_is_not_looked_at_and_one_alone_is_refused(tmp_path: Path, refused: Refused) -> None:
    bomb = pickle.dumps(Bomb(tmp_path / "canary", "mkdir"), 4)
    refused(bomb, "save it again")
    refused(packed({"m/data/0": bomb, "m/other.pkl": bomb}), "0 members data.pkl")
    file = io.BytesIO()
    torch.save({"w": torch.ones(2)}, file, _use_new_zipfile_serialization=False)
    refused(file.getvalue(), "before 1.6")
    assert not (tmp_path / "canary").exists()


def long(opcode: bytes, length: int, width: str) -> bytes:
    return b"\x80\x04" + opcode + struct.pack(width, length) + b"x."


def long1(number: int) -> bytes:
    return b"\x8a\x0a" + number.to_bytes(10, "little")


PICKLES = {
    "GLOBAL": (b"\x80\x02cposix\nsystem\n.", "'posix.system'"),
    "GLOBAL with a space": (b"\x80\x02cos path\nsystem\n.", "'os.path system'"),
    "STACK_GLOBAL": (b"\x80\x04\x8c\x05posix\x8c\x06system\x93.", "'posix.system'"),
    "STACK_GLOBAL of numbers": (b"\x80\x04K\x01K\x02\x93.", "a name is no text"),
    "a name that a terminal obeys": (b"\x80\x04\x8c\x05\x1b[2Jx\x8c\x06system\x93.", "control character"),
    "a name like RecBole's": (b"\x80\x04\x8c\x09recbole_x\x8c\x06system\x93.", "'recbole_x.system'"),
    "INST": (b"(iposix\nsystem\n.", "opcode INST"),
    "OBJ": (b"\x80\x02(ccollections\nOrderedDict\no.", "opcode OBJ"),
    "NEWOBJ_EX": (b"\x80\x04)}\x92.", "opcode NEWOBJ_EX"),
    "EXT1": (b"\x80\x02\x82\x01.", "opcode EXT1"),
    "EXT4": (b"\x80\x02\x84\x01\x00\x00\x00.", "opcode EXT4"),
    "PERSID": (b"Pabc\n.", "opcode PERSID"),
    "NEXT_BUFFER": (b"\x80\x05\x97.", "opcode NEXT_BUFFER"),
    "DUP": (b"\x80\x02]2.", "opcode DUP"),
    "unknown opcode": (b"\x80\x04\xff.", "damaged"),
    "digits": (b"L" + b"1" * 50_000 + b"L\n.", "damaged"),
    "LONG4": (long(b"\x8b", 2**31 - 1, "<i"), "damaged"),
    "LONG4 that is there": (b"\x80\x02\x8b\x02\x00\x00\x00\x01\x01.", "opcode LONG4"),
    "BINBYTES": (long(b"B", 2**32 - 1, "<I"), "damaged"),
    "BINBYTES8": (long(b"\x8e", 2**62, "<Q"), "damaged"),
    "BINUNICODE8": (long(b"\x8d", 2**62, "<Q"), "damaged"),
    "FRAME": (long(b"\x95", 2**62, "<Q"), "damaged"),
    "not UTF-8": (b"\x80\x04\x8c\x01\xff.", "damaged"),
    "empty": (b"", "damaged"),
    "no STOP": (b"\x80\x04}", "damaged"),
    "only STOP": (b".", "damaged"),
    "two values": (b"\x80\x04}}.", "damaged"),
    "empty stack": (b"\x80\x04\x85.", "damaged"),
    "no MARK": (b"\x80\x04}t.", "damaged"),
    "memo without an entry": (b"\x80\x04h\x07.", "damaged"),
    "odd SETITEMS": (b"\x80\x04}(K\x01u.", "damaged"),
    "SETITEM into a list": (b"\x80\x04]K\x01K\x01s.", "is no table"),
    "APPEND to a table": (b"\x80\x04}K\x01a.", "is no list"),
    "a deep tuple": (b"\x80\x04)" + b"\x85" * 300_000 + b".", "holds no table"),
    "a deep tuple as a key": (b"\x80\x04})" + b"\x85" * 300_000 + b"K\x01s.", "neither text nor number"),
    "a list in itself": (b"\x80\x04]\x94h\x00a.", "holds no table"),
    "a table in itself": (b"\x80\x04}\x94\x8c\x0astate_dicth\x00s.", "no tensor"),
    "lists that double": (b"\x80\x04]\x94" + b"]\x94(jAAAAjAAAAe".replace(b"AAAA", b"\0\0\0\0") * 40 + b".", "damaged"),
    "keys with one hash": (
        b"\x80\x04}(" + b"".join(long1(k * (2**61 - 1)) + b"N" for k in range(90_000)) + b"u.",
        "a large number as a key",
    ),
    "a key below zero": (b"\x80\x04}J\xfe\xff\xff\xffNs.", "a large number as a key"),
    "tables without end": (b"\x80\x04" + b"}" * 600_000 + b".", "more than 500000 opcodes"),
    "a call in a call": (b"\x80\x04N" + b"Q" * 300_000 + b".", "holds no table"),
    "a large pickle": (b"\x80\x04" + b"N" * 2**24 + b".", "16777219 bytes large"),
    "a number": (b"\x80\x04K\x01.", "holds no table"),
    "an empty table": (b"\x80\x04}.", "no state"),
    "no tensors": (b"\x80\x04}\x8c\x01aK\x01s.", "no state"),
}


@pytest.mark.parametrize("case", PICKLES)
def test_hostile_pickles(case: str, refused: Refused) -> None:
    content, words = PICKLES[case]
    began = time.process_time()
    refused(packed({"m/data.pkl": content}), words)
    assert time.process_time() - began < 3


def test_names_that_are_known_are_not_called(refused: Refused) -> None:
    """``logging.getLogger`` enters a name for good; RecBole's checkpoints of models with features name it."""
    name = "rbench-canary"
    called = b"\x80\x04}\x8c\x01a\x8c\x07logging\x8c\x09getLogger\x93\x8c\x0d" + name.encode() + b"\x85Rs."
    refused(packed({"m/data.pkl": called}), "no state of a model")
    assert name not in logging.Logger.manager.loggerDict
    pickle.loads(called)
    assert logging.Logger.manager.loggerDict.pop(name), "the call works"


def test_many_opcodes_and_a_large_pickle(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    from rbench.core.checkpoint import opcodes

    monkeypatch.setattr(opcodes, "MOST_OPCODES", 1000)
    refused(packed({"m/data.pkl": b"\x80\x04" + b"N" * 2000 + b"."}), "more than 1000 opcodes")
    monkeypatch.setattr(opcodes, "MOST_BYTES", 1000)
    refused(packed({"m/data.pkl": b"\x80\x04" + b"N" * 2000 + b"."}), "2003 bytes large")
