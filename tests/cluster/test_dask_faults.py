"""Workers, nannies and schedulers of Dask, killed at random moments a hundred times each, change no record."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from rbench.benchmark.run.executors.dask import LOST

pytestmark = [
    pytest.mark.skipif(not Path("/proc").is_dir(), reason="watches processes by /proc"),
    pytest.mark.slow,
]

KILLS = int(os.environ.get("RBENCH_TEST_KILLS", "100"))
LONGER = 300.0
"""Seconds after which a run that does not end is a fault too."""
SAID = re.compile(rf"Error: ({re.escape(LOST)}|.*: no Dask scheduler answers there .*)$")
"""What a run says last whose scheduler is killed, or was before it joined."""


class Machines:
    """A scheduler and two workers, each with a nanny, in processes that can be killed one by one."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.number = folder, 0
        self.scheduler: subprocess.Popen[bytes] | None = None
        self.nannies: list[subprocess.Popen[bytes]] = []

    @property
    def file(self) -> Path:
        return self.folder / f"scheduler-{self.number}.json"

    def ready(self) -> None:
        """Have a scheduler and two nannies, whatever was killed before."""
        if self.scheduler is None or self.scheduler.poll() is not None:
            self.end()
            self.number += 1
            self.scheduler = self._dask("scheduler", "--port", "0", "--host", "127.0.0.1")
            while not self.file.is_file():
                assert self.scheduler.poll() is None
                time.sleep(0.05)
        self.nannies = [nanny for nanny in self.nannies if nanny.poll() is None]
        while len(self.nannies) < 2:
            options = ("--nthreads", "1", "--death-timeout", "30", "--local-directory", str(self.folder))
            self.nannies.append(self._dask("worker", *options))

    def workers(self) -> list[int]:
        """Return the processes that nannies started, but for Python's resource tracker."""
        found = []
        for nanny in self.nannies:
            for thread in Path(f"/proc/{nanny.pid}/task").glob("*/children"):
                with suppress(OSError):
                    for child in thread.read_text().split():
                        if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                            found.append(int(child))
        return found

    def end(self) -> None:
        for process in (*self.nannies, self.scheduler):
            if process is not None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.nannies, self.scheduler = [], None

    def _dask(self, what: str, *options: str) -> subprocess.Popen[bytes]:
        program = [str(Path(sys.executable).parent / "dask"), what, "--scheduler-file", str(self.file)]
        return subprocess.Popen(
            [*program, "--no-dashboard", *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    found = Machines(tmp_path)
    yield found
    found.end()


class Run:
    """The command in a process of its own."""

    def __init__(self, arguments: list[object], log: Path) -> None:
        self.log = log
        self.began = time.monotonic()
        with log.open("wb") as out:
            command = [sys.executable, "-m", "rbench", *map(str, arguments)]
            # A scheduler that is gone is looked for during three seconds, not thirty.
            words = os.environ | {"DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "3s"}
            self.process = subprocess.Popen(
                command, stdout=out, stderr=subprocess.STDOUT, start_new_session=True, env=words
            )

    def over(self) -> bool:
        assert time.monotonic() < self.began + LONGER, f"it hangs: {self.text}"
        return self.process.poll() is not None

    @property
    def text(self) -> str:
        return self.log.read_text("utf-8", errors="replace")


def kill(machines: Machines, victim: str, draw: random.Random) -> bool:
    """Kill one process of a kind, if there is one; returns whether there was."""
    nannies = [nanny.pid for nanny in machines.nannies if nanny.poll() is None]
    found = {
        "worker": machines.workers,
        "nanny": lambda: nannies,
        "scheduler": lambda: (
            [machines.scheduler.pid] if machines.scheduler and machines.scheduler.poll() is None else []
        ),
    }[victim]()
    if not found:
        return False
    try:
        os.kill(draw.choice(found), signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("victim", ["worker", "nanny", "scheduler"])
def test_killed_at_random_moments(machines, small, rbench, record_files, tmp_path, victim):
    seed = random.SystemRandom().randrange(10**9)
    print(f"seed {seed}")  # shown if the test fails
    draw = random.Random(seed)
    grid = [*small, "--seeds", "4", "--set=train.epochs=150", "--set=train.patience=150", "--display", "plain"]
    done = rbench("run", *grid, "--executor", "serial", "--store", "whole-store", "--out", "whole")
    assert done.code == 0, done.err
    whole = record_files(tmp_path / "whole")
    kills = chains = failed = 0
    while kills < KILLS:
        chains += 1
        assert chains < 20 + KILLS, "hardly anything is found to be killed"
        place = ["--store", tmp_path / f"store-{chains}", "--out", tmp_path / f"chain-{chains}"]
        for number in range(2):  # the second goes on where the first was stopped
            machines.ready()
            joined = ["--executor", "dask", "--scheduler-file", machines.file]
            run = Run(["run", *grid, *place, *joined], tmp_path / f"log-{chains}-{number}")
            some = kills + 4
            while not run.over():
                time.sleep(draw.uniform(0.5, 4))
                if kills < some and not run.over():
                    kills += kill(machines, victim, draw)
                if victim != "scheduler":
                    machines.ready()
            code = run.process.returncode
            lost = victim == "scheduler" and SAID.search(run.text.rstrip().splitlines()[-1])
            assert code == 0 or (code == 1 and "KilledWorker" in run.text) or (code == 2 and lost), run.text
            failed += code == 1
            if code == 0:
                break
        last = rbench("run", *grid, *place, "--executor", "serial")
        assert last.code == 0, last.err
        assert record_files(tmp_path / f"chain-{chains}") == whole
    print(json.dumps({"fault": f"killed {victim}", "count": kills, "chains": chains, "runs_with_failed_cell": failed}))
