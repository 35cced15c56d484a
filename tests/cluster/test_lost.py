"""Workers and schedulers that are lost: stages run again elsewhere, and what kills its workers fails alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.skipif(not Path("/proc").is_dir(), reason="watches processes by /proc"),
    pytest.mark.slow,
]

DEADLY = """
import os
from dataclasses import dataclass
from rbench.attacks import ProviderAttack, register
from rbench.core.config import Options

@dataclass(frozen=True)
class DeadlyConfig(Options):
    pass

@register
class Deadly(ProviderAttack[DeadlyConfig]):
    audience = "all"
    paper = "none"

    def pretrain(self, provider):
        os._exit(9)
"""


def below(pid: int) -> set[int]:
    """Return the processes below one, itself left out."""
    found: set[int] = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if int((folder / "stat").read_text().rpartition(")")[2].split()[1]) == pid:
                found |= {int(folder.name)} | below(int(folder.name))
    return found


def workers(pid: int) -> set[int]:
    """Return the processes below one that Dask's nannies started, but for Python's resource tracker."""
    found = set()
    for child in below(pid):
        with suppress(OSError):
            if b"spawn_main" in (Path("/proc") / str(child) / "cmdline").read_bytes():
                found.add(child)
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def vanish(pids: set[int]) -> None:
    deadline = time.monotonic() + 30
    while any(map(alive, pids)):
        assert time.monotonic() < deadline, f"still alive: {[p for p in pids if alive(p)]}"
        time.sleep(0.05)


@pytest.fixture
def start():
    """Start rbench as a terminal would, and leave nothing running, whatever the test finds."""
    started: list[subprocess.Popen[str]] = []

    def begin(*arguments: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "rbench", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # background shells ignore it
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def ended_stages(process: subprocess.Popen[str], count: int) -> None:
    """Return when so many more stages have ended."""
    assert process.stdout is not None
    for _ in range(count):
        line = process.stdout.readline()
        assert line.startswith("["), (line, process.communicate())


def test_a_killed_worker_changes_no_record(start, small, serial, record_files, tmp_path):
    process = start("run", *small, "--executor", "dask", "--workers", 2, "--out", "out", "--display", "plain")
    ended_stages(process, 3)  # the data stages, which this process makes
    while len(found := workers(process.pid)) < 2:
        assert process.poll() is None
        time.sleep(0.02)
    ended_stages(process, 1)
    with suppress(ProcessLookupError):
        os.kill(min(found), signal.SIGKILL)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert record_files(tmp_path / "out") == serial


def test_a_stage_that_kills_its_workers_fails_alone(rbench, small, serial, record_files, tmp_path):
    (tmp_path / "deadly.py").write_text(DEADLY, "utf-8")
    grid = [*small, "--attacks", "bra,deadly", "--plugin", "deadly.py"]
    done = rbench("run", *grid, "--executor", "dask", "--workers", 2, "--out", "out")
    assert done.code == 1, done.err
    assert (
        "KilledWorker: each of the 2 workers that began this stage was killed, perhaps for want of memory" in done.out
    )
    found = record_files(tmp_path / "out")
    failed = {name for name in found if "deadly" in name}
    assert len(failed) == 1
    assert {name: found[name] for name in set(found) - failed} == serial


def test_a_lost_scheduler_ends_the_run_in_a_sentence(start, small, endless, tmp_path):
    program = [str(Path(sys.executable).parent / "dask"), "scheduler", "--port", "0", "--host", "127.0.0.1"]
    file = tmp_path / "scheduler.json"
    scheduler = subprocess.Popen([*program, "--no-dashboard", "--scheduler-file", str(file)], stderr=subprocess.DEVNULL)
    worker = [str(Path(sys.executable).parent / "dask"), "worker", "--scheduler-file", str(file), "--no-nanny"]
    worker += ["--nthreads", "1", "--no-dashboard", "--death-timeout", "10"]
    process = subprocess.Popen(worker, stderr=subprocess.DEVNULL)
    try:
        while not file.is_file():
            assert scheduler.poll() is None
            time.sleep(0.05)
        grid = [*small, *endless, "--executor", "dask", "--out", "out", "--display", "plain"]
        run = start("run", *grid, "--scheduler-file", file)
        ended_stages(run, 3)
        time.sleep(2)
        scheduler.kill()
        _, err = run.communicate(timeout=60)
    finally:
        for one in (scheduler, process):
            one.kill()
            one.wait()
    assert run.returncode == 2
    assert err.splitlines()[-1] == (
        "Error: the connection to Dask's scheduler was lost. What was finished is kept, and the same command goes on "
        "from there."
    )


def test_interrupted_says_one_sentence_and_leaves_no_worker(start, small, endless):
    process = start("run", *small, *endless, "--executor", "dask", "--workers", 2, "--display", "plain")
    ended_stages(process, 3)
    while len(found := workers(process.pid)) < 2:
        assert process.poll() is None
        time.sleep(0.02)
    time.sleep(3)  # workers start, import, train: none may have a word to say
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert err.strip() == "Interrupted. What was finished is kept: the same command goes on from there."
    vanish(found)


def test_a_killed_run_leaves_no_worker(start, small, endless):
    process = start("run", *small, *endless, "--executor", "dask", "--workers", 2, "--display", "plain")
    ended_stages(process, 3)
    while len(found := workers(process.pid)) < 2:
        assert process.poll() is None
        time.sleep(0.02)
    process.kill()
    process.communicate()
    vanish(found)
