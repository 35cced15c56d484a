"""Command lines and names of strangers: one sentence, no traceback, and nothing that steers the terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

LONG, ODD, STEERS = "x" * 10_000, "caf\udce9", "\x1b[2J\x9b\u202e"


@pytest.mark.parametrize("name", [LONG, ODD, STEERS, "a/" * 5_000], ids=["long", "no UTF-8", "steers", "deep"])
@pytest.mark.parametrize(
    "words",
    [
        ["run", "--datasets"],
        ["run", "--attacks"],
        ["run", "--config"],
        ["run", "--preset"],
        ["run", "--plugin"],
        ["run", "--executor"],
        ["run", "--seeds"],
        ["run", "--set"],
        ["plan", "--models"],
        ["report"],
        ["compare", "."],
        ["why"],
        ["data"],
        ["data", "checkerboard", "--from"],
        ["data", "checkerboard", "--plot"],
        ["export"],
        ["nonsense"],
    ],
    ids=" ".join,
)
def test_odd_words_are_told_in_a_sentence(rbench, tmp_path, words, name):
    done = rbench(*words, name)
    assert done.code == 2, done
    assert done.err.startswith("Error: ") and not {*"\x1b\x9b\u202e\udce9"} & {*done.err}
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("option", ["--out", "--store"])
@pytest.mark.parametrize("name", [LONG, "a/" * 5_000], ids=["long", "deep"])
def test_places_that_cannot_be_are_told_in_a_sentence(rbench, small, tmp_path, option, name):
    done = rbench("run", *small, option, name, "--executor", "serial")
    assert done.code == 2, done
    assert done.err.startswith("Error: ") and done.err.count("\n") == 1


def test_a_place_that_is_no_utf8_is_a_place(rbench, small, tmp_path):
    done = rbench("run", *small, "--out", ODD, "--store", f"{ODD}-store", "--executor", "serial")
    assert (done.code, done.err) == (0, "")
    assert rbench("report", ODD, "--check").code == 0
    assert {os.fsencode(path.name) for path in tmp_path.iterdir()} == {b"caf\xe9", b"caf\xe9-store"}


def test_nothing_is_planned_for_more_seeds_than_there_is_memory(rbench, small):
    done = rbench("run", *small, "--seeds", "99999999999")
    assert done.code == 2 and "the most is 1000" in done.err


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals")
def test_a_column_does_not_steer_the_terminal(tmp_path):
    ours, theirs = pty.openpty()
    lines = ["user_id,item_id,timestamp,\x1b]0;owned\x07\x1b[2Jcolumn"]
    lines += [f"u{user},i{item},{item},x" for user in range(8) for item in range(user, user + 6)]
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "events.csv").write_text("\n".join(lines))
    command = [sys.executable, "-m", "rbench", "data", "log", "--set", "log.nonsense=\x1b[2J"]
    ended = subprocess.run(command, stdout=theirs, stderr=theirs, cwd=tmp_path, timeout=100, check=False)
    os.close(theirs)
    shown = os.read(ours, 100_000)
    os.close(ours)
    assert ended.returncode == 2 and shown
    assert b"\x1b" not in shown and b"\x07" not in shown
