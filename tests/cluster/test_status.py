"""What ``rbench status`` says of runs, and what ``rbench clean`` removes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rbench.benchmark.run.progress import heartbeat
from rbench.benchmark.stages.store import Store


@pytest.fixture
def going(small, endless, tmp_path):
    """A run whose training does not end."""
    command = [sys.executable, "-m", "rbench", "run", *small, *endless, "--executor", "serial", "--display", "plain"]
    process = subprocess.Popen(
        [*command, "--out", "going"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # In a background job of a shell, Ctrl-C is ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    for _ in range(3):
        assert process.stdout.readline().startswith("[")
    yield process
    process.kill()
    process.communicate()


def test_a_run_is_seen_while_it_goes_and_after_it_was_killed(rbench, going, tmp_path):
    deadline = time.monotonic() + 60
    while "on " not in (told := rbench("status").out):
        assert time.monotonic() < deadline, told
        time.sleep(0.2)
    first, counts, running = told.splitlines()
    assert f", process {going.pid}, since " in first and first.endswith(f": {tmp_path / 'going'}")
    assert "3 of 12 stages done, 0 failed; about " in counts
    assert running.startswith("  on ") and "local local · sasrec · checkerboard · seed 0, " in running
    refused = rbench("clean", "--unused", "--yes")
    assert refused.code == 2 and f"process {going.pid} on " in refused.err
    going.kill()
    going.wait()
    (file,) = (tmp_path / "store" / ".runs").glob("*.json")
    told = json.loads(file.read_text())
    file.write_text(json.dumps(told | {"now": told["now"] - 300}))
    assert "silent for 5 min" in rbench("status").out


def test_an_interrupted_run_says_so(rbench, going):
    going.send_signal(signal.SIGINT)
    going.communicate(timeout=60)
    assert "; stopped by KeyboardInterrupt" in rbench("status").out


def test_failures_are_told_with_their_reasons(rbench, small, failing, tmp_path):
    grid = [*small, "--attacks", "failing", "--plugin", str(failing), "--executor", "serial"]
    command = [sys.executable, "-m", "rbench", "run", *grid, "--out", "out", "--shard", "1/1"]
    assert subprocess.run(command, capture_output=True, check=False, timeout=100).returncode == 1
    told = rbench("status", "--watch").out
    assert "  FAILED pretrain failing · sasrec · checkerboard · seed 0: ValueError: defined in " in told
    assert f"{tmp_path / 'out'}, share 1/1" in told and "1 failed; finished" in told


def test_a_store_without_runs(rbench):
    done = rbench("status")
    assert done.code == 0 and "no run has been here within a day" in done.out


def test_files_that_are_no_heartbeats_are_left_out(tmp_path):
    store = Store(str(tmp_path))
    for name, content in (
        ("a", b""),
        ("b", b"[1]"),
        ("c", b"{}"),
        ("d", b"[" * 10**5),
        ("e", b'{"now": "x", "began": 1}'),
    ):
        store.write(store.path(heartbeat.FOLDER, f"{name}.json"), content)
    assert heartbeat.read_heartbeats(store) == []


def stages(folder):
    return {path.parent.name for path in folder.glob("*/stage.json")}


def test_what_records_were_made_from_stays(rbench, small, record_files, tmp_path):
    grid = [*small, "--executor", "serial"]
    assert rbench("run", *grid, "--out", "kept").code == 0
    kept = stages(tmp_path / "store")
    assert rbench("run", *grid, "--set=train.lr=0.01", "--out", "gone").code == 0
    more = stages(tmp_path / "store") - kept
    assert more
    assert "nothing to remove" in rbench("clean", "--unused").out, "both folders are known to the store"
    os.rename(tmp_path / "gone", tmp_path / "moved")
    asked = rbench("clean", "--unused", "--older-than", "1d")
    assert asked.out.endswith("nothing to remove.\n")
    asked = rbench("clean", "--unused")
    assert f"{len(more)} stages, " in asked.out and "Nothing was removed" in asked.out
    assert stages(tmp_path / "store") == kept | more
    assert "nothing to remove" in rbench("clean", "--unused", "moved").out
    assert rbench("clean", "--unused", "--yes").code == 0
    assert stages(tmp_path / "store") == kept
    assert {path.name for path in (tmp_path / "store").iterdir() if not path.name.startswith(".")} == kept
    again = rbench("run", *grid, "--out", "kept")
    assert again.code == 0 and "0 stages computed" in again.out


def test_old_stages_and_unfinished_ones(rbench, small, tmp_path):
    assert rbench("run", *small, "--executor", "serial", "--out", "out").code == 0
    folders = sorted(path.parent for path in (tmp_path / "store").glob("*/stage.json"))
    long_ago = time.time() - 40 * 86400
    for path in folders[0].iterdir():
        os.utime(path, (long_ago, long_ago))
    for folder, age in (("pretrain-new-0", 3600), ("pretrain-old-0", 2 * 86400)):
        file = tmp_path / "store" / folder / "weights"
        file.parent.mkdir()
        file.write_bytes(b"x" * 1000)
        os.utime(file, (time.time() - age,) * 2)
    asked = rbench("clean", "--older-than", "30d")
    assert ": 1 stages, " in asked.out
    unfinished = rbench("clean", "--unused", "--yes")
    assert ": 1 stages, 1.0 kB: 1 unfinished." in unfinished.out
    assert not Path("store/pretrain-old-0").exists() and Path("store/pretrain-new-0").exists()
    assert rbench("clean", "--older-than", "30d", "--yes").code == 0
    assert stages(tmp_path / "store") == {folder.name for folder in folders[1:]}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], "give --unused, --older-than TIME, or both"),
        (["--older-than", "long"], "write, e.g., 90s"),
        (["--unused", "no"], "no"),
    ],
)
def test_what_clean_refuses(rbench, options, told):
    done = rbench("clean", *options)
    assert done.code == 2 and told in done.err
