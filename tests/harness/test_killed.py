"""Killed at any moment and started again, a run gives what an unbroken one gives."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from rbench.benchmark.run.executors import local
from rbench.benchmark.run.worker import Job

PATIENCE = 60.0


def children(pid: int) -> set[int]:
    """Return the processes below one, itself left out."""
    found: set[int] = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == pid:
            found |= {int(folder.name)} | children(int(folder.name))
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def deaf(pid: int) -> bool:
    """Tell whether a process blocks or ignores SIGINT, which a terminal sends to all of them."""
    status = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return bool((int(status["SigBlk"], 16) | int(status["SigIgn"], 16)) >> (signal.SIGINT - 1) & 1)


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


def wait_for_lines(process: subprocess.Popen[str], count: int) -> None:
    """Return when so many more stages have ended."""
    assert process.stdout is not None
    for _ in range(count):
        line = process.stdout.readline()
        assert line.startswith("["), (line, process.communicate())


def vanish(pids: set[int]) -> None:
    deadline = time.monotonic() + 20
    while any(map(alive, pids)):
        assert time.monotonic() < deadline, f"still alive: {[p for p in pids if alive(p)]}"
        time.sleep(0.05)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="watches processes by /proc")
def test_killed_again_and_again_the_records_are_those_of_an_unbroken_run(small, start, rbench, contents, tmp_path):
    draw = random.Random()
    store, out = tmp_path / "killed-store", tmp_path / "killed"
    slow = [*small, "--set=train.epochs=60", "--set=train.patience=60"]
    command = ["run", *slow, "--store", store, "--out", out, "--workers", 2, "--display", "plain"]
    # Alone or with its workers, some moment after so many stages have ended.
    for stages, group in ((3, False), (1, True), (2, False)):
        process = start(*command)
        wait_for_lines(process, stages)
        time.sleep(draw.uniform(0, 0.1))
        below = children(process.pid)
        assert below or process.poll() is not None, "no worker was seen"
        (os.killpg if group else os.kill)(process.pid, signal.SIGKILL)
        process.communicate()
        vanish(below)
    last = rbench(*command, "--executor", "serial")
    assert last.code == 0, last.err
    assert last.computed <= 12 - 3 - 1 - 2
    unbroken = rbench("run", *slow, "--store", tmp_path / "new", "--out", tmp_path / "whole", "--executor", "serial")
    assert unbroken.computed == 12
    results = {name: data for name, data in contents(out).items() if not name.endswith((".part", ".tmp"))}
    assert results == contents(tmp_path / "whole")


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="watches processes by /proc")
def test_interrupted_says_one_sentence_and_leaves_no_worker(small, start, tmp_path):
    endless = ["--set=train.epochs=1000000", "--set=train.patience=1000000"]
    process = start("run", *small, *endless, "--workers", 2, "--display", "plain")
    wait_for_lines(process, 3)
    while len(below := children(process.pid)) < 2:  # the workers; the first child may be their resource tracker
        assert process.poll() is None
    time.sleep(random.uniform(0, 2))  # workers start, import, train: none may have a word to say
    assert all(map(deaf, below))
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert err.strip() == "Interrupted. What was finished is kept: the same command goes on from there."
    vanish(below)


STUBBORN = '''"""An attack that does not end."""

import re
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from rbench.attacks import ProviderAttack, register


@dataclass(frozen=True)
class StubbornConfig:
    """Its options."""

    holds: bool = False
    """Whether it keeps Python's lock."""


@register
class Stubborn(ProviderAttack):
    """Does not end."""

    Config = StubbornConfig
    audience = "all"
    paper = "none"

    def pretrain(self, provider):
        signal.signal(signal.SIGTERM, lambda *_: None)
        Path("begun").touch()
        while True:
            re.match("(a+)+$", "a" * 64 + "b") if self.config.holds else time.sleep(1)
'''


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="watches processes by /proc")
@pytest.mark.parametrize(
    ("how", "signals", "holds"),
    [
        ("a worker that ignores its end", [signal.SIGINT], "false"),
        ("one that holds the lock, and no patience", [signal.SIGINT, signal.SIGINT], "true"),
        ("one that holds the lock, and a killed driver", [signal.SIGKILL], "true"),
    ],
)
def test_a_worker_that_does_not_end_is_killed(finished, size, start, tmp_path, how, signals, holds):
    (tmp_path / "stubborn.py").write_text(STUBBORN)
    grid = ["--attacks", f"stubborn:holds={holds}", "--modes", "direct", "--defenses", "none", "--seeds", "1"]
    command = ["run", *size, *grid, "--plugin", tmp_path / "stubborn.py", "--out", finished.out, "--workers", 1]
    process = start(*command)
    deadline = time.monotonic() + PATIENCE
    while not (tmp_path / "begun").exists():
        assert process.poll() is None and time.monotonic() < deadline, process.communicate()
        time.sleep(0.05)
    below = children(process.pid)
    for wanted in signals:
        process.send_signal(wanted)
        time.sleep(0.5)
    process.communicate(timeout=PATIENCE)
    assert process.returncode in (130, -signal.SIGKILL)
    vanish(below)


def test_a_worker_whose_method_left_a_thread_behind_does_not_hold_up_the_end(planned, tmp_path, monkeypatch):
    source = b"import threading\n\nthreading.Thread(target=threading.Event().wait).start()\n"
    (tmp_path / "lingering.py").write_bytes(source)
    plugin = str(tmp_path / "lingering.py"), hashlib.sha256(source).hexdigest()[:20]
    plan = planned(defenses=())
    stage, others = next(iter(plan.stages.values())), {*multiprocessing.active_children()}
    monkeypatch.setattr(local, "PATIENCE", 0.5)
    with local.Local(1) as executor:
        job = Job(stage, str(tmp_path / "store"), plugins=(plugin,), source=plan.sources[stage.id])
        assert executor.submit(job).result().error is None
        ended = time.monotonic()
    assert time.monotonic() - ended < PATIENCE
    while {*multiprocessing.active_children()} - others:  # gone, and perhaps not yet counted
        assert time.monotonic() - ended < PATIENCE
        time.sleep(0.05)
