"""A store that refuses, or holds what nobody put there: told in a sentence, and nothing is thrown away for it."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from rbench.benchmark.stages import location
from rbench.benchmark.stages.location import Unreachable
from rbench.benchmark.stages.stage import Stage
from rbench.benchmark.stages.store import Store

STAGE = Stage("measure", "exposure", 1, {"x": 1.5}, 7, {"rank": "rank-direct-0"})
PAYLOAD = {"value.json": b"{}\n", "log.json": b"{}\n"}


class Flaky(MemoryFileSystem):
    """Refuses every third call the first time, as a network does."""

    protocol = "flaky"
    store: dict = {}
    pseudo_dirs = [""]
    calls = 0
    refused = 0

    def _call(self):
        Flaky.calls += 1
        if Flaky.calls % 3 == 0:
            Flaky.refused += 1
            raise OSError(5, "Input/output error")

    def cat_file(self, path, *args, **kwargs):
        self._call()
        return super().cat_file(path, *args, **kwargs)

    def info(self, path, **kwargs):
        self._call()
        return super().info(path, **kwargs)

    def pipe_file(self, path, value, *args, **kwargs):
        self._call()
        return super().pipe_file(path, value, *args, **kwargs)


class NoCredentials(Exception):
    """What a library raises that has errors of its own."""


class Down(MemoryFileSystem):
    """Answers nothing."""

    protocol = "down"

    def info(self, path, **kwargs):
        raise NoCredentials("unable to locate\ncredentials")

    makedirs = ls = cat_file = pipe_file = info


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(location, "PAUSE", 0.001)
    for cls in (Flaky, Down):
        fsspec.register_implementation(cls.protocol, cls, clobber=True)


def test_what_goes_well_the_second_time_changes_nothing(finished, small, rbench, contents, tmp_path):
    options = ["--store", "flaky://store", "--executor", "serial"]
    first = rbench("run", *small, *options, "--out", tmp_path / "a")
    assert (first.code, first.err, first.computed) == (0, "", 12)
    again = rbench("run", *small, *options, "--out", tmp_path / "b")
    assert (again.code, again.err, again.computed) == (0, "", 0), "an error in reading is no damage"
    assert Flaky.refused > 20
    records = contents(tmp_path / "a" / "records")
    assert records == contents(tmp_path / "b" / "records")
    assert records.items() < contents(finished.out / "records").items()


def test_a_disk_that_cannot_read_is_told_with_its_errno_and_nothing_is_thrown_away(finished, small, rbench, tmp_path):
    [victim] = finished.store.glob("pretrain-bra-*")
    (victim / "log.json").unlink()
    (victim / "log.json").symlink_to("/proc/self/mem")  # opens, and reads with EIO
    before = sorted(finished.store.rglob("*"))
    for _ in range(2):
        done = rbench("run", *small, "--out", finished.out, "--executor", "serial")
        assert done.code == 2
        assert done.err == (
            f"Error: --store {finished.store}: {victim.name}/log.json cannot be read (OSError: [Errno 5] Input/output "
            "error). Nothing in it was thrown away: once that is mended, the same command goes on from there.\n"
        )
    assert sorted(finished.store.rglob("*")) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else for a moment")
def test_a_colleagues_files_without_rights_are_no_damage(tmp_path):
    store = Store(str(tmp_path / "store"))
    store.save(STAGE, PAYLOAD, {"seconds": 1})
    (tmp_path / "store").chmod(0o600)
    os.seteuid(65534)
    try:
        for look in (store.has, store.load, store.discard, lambda stage: store.damaged([stage])):
            with pytest.raises(Unreachable, match=r"Errno 13"):
                look(STAGE.id)
        with pytest.raises(Unreachable, match=r"cannot be written .*Errno 13"):
            store.save(STAGE, PAYLOAD, {"seconds": 1})
    finally:
        os.seteuid(0)
    assert store.load(STAGE.id) == PAYLOAD


@pytest.mark.parametrize("command", ["run", "plan"])
@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("down://store", "NoCredentials: unable to locate credentials"),
        ("ftp://127.0.0.1:9/store", "ConnectionRefusedError: [Errno 111] Connection refused"),
        ("file://", "names no folder; write, e.g., file:///data/store."),
        ("s3://", "names no folder; write, e.g., s3://bucket/store."),
    ],
)
def test_a_store_that_cannot_be_reached_is_told_in_a_sentence(small, rbench, tmp_path, url, says, command):
    done = rbench(command, *small, "--store", url, *(["--executor", "serial"] if command == "run" else []))
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"Error: --store {url}") and says in done.err
    assert done.err.count("\n") == 1
    assert not [*tmp_path.iterdir()]


def a_folder(path: Path) -> None:
    path.mkdir()
    (path / "thesis.txt").write_text("years of work")


def a_socket(path: Path) -> None:
    here = os.getcwd()
    os.chdir(path.parent)  # paths of sockets are short
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name)
    os.chdir(here)


STRANGE = {
    "a folder": a_folder,
    "a pipe": os.mkfifo,
    "a socket": a_socket,
    "brackets": lambda path: path.write_text("[" * 200_000),
    "a link to nothing": lambda path: path.symlink_to("nowhere"),
    "a link to itself": lambda path: path.symlink_to(path.name),
}


def test_what_is_no_file_of_ours_is_set_aside_or_replaced(finished, whole, rbench, contents):
    records = contents(finished.out)
    stages = sorted(path for path in finished.store.iterdir() if path.is_dir() and path.name != ".runs")
    measured, others = (
        [path for path in stages if path.name.startswith("measure-") == wanted] for wanted in (True, False)
    )
    for number, put in enumerate(STRANGE.values()):
        for path in (measured[number] / "stage.json", others[2 * number] / "log.json"):
            path.unlink()
            put(path)
        shutil.rmtree(others[2 * number + 1])
        if put is not a_folder:
            put(others[2 * number + 1])
    first = rbench("run", *whole, "--out", finished.out, "--executor", "serial")
    assert first.code == 0, first.err
    assert first.computed >= 3 * len(STRANGE)
    again = rbench("run", *whole, "--out", finished.out, "--executor", "serial")
    assert (again.code, again.err, again.computed) == (0, "", 0)
    assert contents(finished.out) == records
    assert len([*finished.store.rglob("thesis.txt")]) == 2, "nothing of a stranger's is removed"


def test_a_store_stays_where_it_is_when_the_working_directory_changes(tmp_path, monkeypatch):
    store = Store("relative")
    assert store.url == str(tmp_path / "relative")
    store.save(STAGE, PAYLOAD, {"seconds": 1})
    monkeypatch.chdir("/")
    assert store.load(STAGE.id) == Store(store.url).load(STAGE.id) == PAYLOAD
    assert Store(f"file://{tmp_path}/relative").url == store.url
