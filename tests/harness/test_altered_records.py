"""Records that were altered or spoilt are made again from the store, and never published."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess

import pytest

from rbench.benchmark.run import records


@pytest.fixture
def again(finished, whole, rbench):
    """Give the command of the finished run once more."""
    return lambda *more: rbench("run", *whole, "--out", finished.out, "--executor", "serial", *more)


def raised(content):
    record = json.loads(content)
    record["metrics"]["all"] = dict.fromkeys(record["metrics"]["all"], 99.0)
    return json.dumps(record, sort_keys=True, indent=1).encode() + b"\n"


def test_checksums_are_those_of_sha256sum(finished):
    checked = subprocess.run(["sha256sum", "--strict", "-c", "records.sha256"], cwd=finished.out, capture_output=True)
    assert checked.returncode == 0
    lines = (finished.out / "records.sha256").read_text().splitlines()
    assert len(lines) == len([*(finished.out / "records").iterdir()]) == 13


@pytest.mark.parametrize(
    "spoil",
    [raised, lambda content: b"", lambda content: content[:-40], lambda content: b"[" * 200_000],
    ids=["altered", "empty", "truncated", "brackets"],
)
def test_a_spoilt_record_is_never_published_and_the_store_gives_it_again(finished, again, rbench, contents, spoil):
    before = contents(finished.out)
    path = max((finished.out / "records").iterdir())
    path.write_bytes(spoil(path.read_bytes()))
    for command in (
        ["report", finished.out, "--check"],
        ["report", finished.out],
        ["report", finished.out, "--table", "summary"],
    ):
        done = rbench(*command)
        assert done.code == 2 and done.err.startswith(f"Error: {path}"), done
    done = again()
    assert (done.code, done.computed) == (0, 0)
    assert contents(finished.out) == before
    assert rbench("report", finished.out, "--check").code == 0


def test_an_altered_record_without_a_checksum_is_compared_with_the_store(finished, again, contents):
    before = contents(finished.out)
    (finished.out / "records.sha256").unlink()
    path = max((finished.out / "records").iterdir())
    path.write_bytes(raised(path.read_bytes()))
    assert again().code == 0
    assert contents(finished.out) == before


@pytest.mark.parametrize("content", [b"", b"\xff\x00 no list\n", b"0" * 64 + b"  records/../x\n"])
def test_a_spoilt_list_of_checksums_is_only_forgotten(finished, again, contents, content):
    before = contents(finished.out)
    (finished.out / "records.sha256").write_bytes(content)
    assert again().code == 0
    assert contents(finished.out) == before


def test_an_altered_record_of_another_grid_stops_the_run_before_it_begins(finished, small, rbench, contents):
    path = next((finished.out / "records").glob("*-pea-*"))
    path.write_bytes(raised(path.read_bytes()))
    before = contents(finished.out)
    done = rbench("run", *small, "--out", finished.out, "--executor", "serial")
    assert done.code == 2
    assert done.err == (
        f"Error: {path} was altered since a run wrote it; the same run makes it again, also if you delete it.\n"
    )
    assert contents(finished.out) == before


def test_whenever_a_run_ends_no_record_differs_from_its_checksum(finished, again, rbench, contents, monkeypatch):
    """Versions change all records: the run is stopped after two, and the report trusts what is there."""
    monkeypatch.setattr(records, "versions", lambda _: {"rbench": "another"})
    written = []
    write = records.write_or_tell

    def stopped(path, content):
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append(path)
        write(path, content)

    monkeypatch.setattr(records, "write_or_tell", stopped)
    assert again().code == 130
    assert rbench("report", finished.out).code == 0
    noted = (finished.out / "records.sha256").read_text()
    assert not [path for path in written if path.name in noted]
    monkeypatch.setattr(records, "write_or_tell", write)
    assert again().code == 0
    for line in (finished.out / "records.sha256").read_text().splitlines():
        digest, _, name = line.partition("  ")
        assert hashlib.sha256((finished.out / name).read_bytes()).hexdigest() == digest


def test_what_is_no_file_is_told(finished, again, rbench):
    path = max((finished.out / "records").iterdir())
    path.unlink()
    os.mkfifo(path)
    assert rbench("report", finished.out).err == f"Error: {path} is no file.\n"
    assert again().code == 0
    assert path.is_file()


def test_a_lost_stage_that_cannot_be_made_again_is_a_failed_cell(finished, whole, rbench, contents, monkeypatch):
    """All cells are measured; what lies before is lost, and its method now raises."""
    from rbench.attacks.pretrained.bra import BRA

    def now(self, provider):
        raise RuntimeError("the disk is full")

    before = contents(finished.out / "records")
    [victim] = finished.store.glob("pretrain-bra-*")
    with (victim / "log.json").open("ab") as log:
        log.write(b"\n")
    monkeypatch.setattr(BRA, "pretrain", now)
    done = rbench("run", *whole, "--out", "elsewhere", "--executor", "serial")
    assert done.code == 1
    assert "9 cells done, 4 failed; 0 stages computed." in done.out
    assert done.err.count(f": {victim.name}: RuntimeError: the disk is full") >= 4
    done = rbench("run", *whole, "--out", finished.out, "--executor", "serial")
    assert done.code == 1 and "9 cells done, 4 failed" in done.out
    assert contents(finished.out / "records") == before, "what was done stays valid"
