"""Faults at random moments change no record: `make slow` makes a hundred of each kind, the usual tests a few.

Runs are forked from this process, in which torch is imported already, so that each takes well under a second.
"""

from __future__ import annotations

import errno
import itertools
import json
import multiprocessing
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from rbench.benchmark.cli import main
from rbench.benchmark.run.executors import local
from rbench.benchmark.stages import location
from rbench.benchmark.stages.store import Store
from rbench.core.system import files
from rbench.datasets.checkerboard import Checkerboard, CheckerboardConfig
from rbench.models.sasrec import SASRec
from rbench.models.sequential.settings import PromptConfig, RankConfig, Schedule
from rbench.models.sequential.victim import Victim

MANY = [pytest.param(1, id="few"), pytest.param(100, id="many", marks=pytest.mark.slow)]
LONGER = 60.0
"""Seconds after which a run that does not end is a fault too."""


class Run:
    """A run in a process of its own."""

    def __init__(self, words: list[object], folder: Path, before: Callable[[], object]) -> None:
        self.log = folder / f"log-{time.monotonic_ns()}"
        sys.stdout.flush()
        self.pid = os.fork()
        if not self.pid:
            self._work(words, folder, before)

    def _work(self, words: list[object], folder: Path, before: Callable[[], object]) -> None:
        code = 70
        try:
            os.setsid()
            log = os.open(self.log, os.O_CREAT | os.O_WRONLY)
            os.dup2(log, 1), os.dup2(log, 2)
            sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
            os.chdir(folder)
            sys.argv = ["rbench", *map(str, words)]
            random.seed()
            before()
            main()
        except SystemExit as left:
            code = int(left.code or 0)
        except BaseException as error:
            sys.stderr.write(f"Traceback of {error!r}\n")
        finally:
            with suppress(BaseException):
                sys.stdout.flush(), sys.stderr.flush()
            os._exit(code)

    def over(self) -> bool:
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def code(self) -> int:
        """Wait for the end; a signal is negative."""
        deadline = time.monotonic() + LONGER
        while not self.over():
            assert time.monotonic() < deadline, f"it hangs: {self.text}"
            time.sleep(0.005)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def kill(self, group: bool = False) -> bool:
        """Kill it, or it with its workers; returns whether it was still at work."""
        if self.over():
            return False
        (os.killpg if group else os.kill)(self.pid, signal.SIGKILL)
        return True

    @property
    def text(self) -> str:
        return self.log.read_text(errors="replace")


@pytest.fixture
def draw():
    seed = random.SystemRandom().randrange(10**9)
    print(f"seed {seed}")  # shown if the test fails
    return random.Random(seed)


@pytest.fixture(scope="module")
def _warm():
    """Import here, once, whatever a run imports as it goes along."""
    board = Checkerboard(CheckerboardConfig(users=60, items=24, longest=10)).load()
    victim = Victim(SASRec, SASRec.Config(hidden_size=8), {}, PromptConfig(), RankConfig())
    trained, _ = victim.train(board, Schedule(epochs=1), 0)
    victim.rank(trained, board)


@pytest.fixture
def begin(small, tmp_path, _warm):
    """Begin a run of the small grid with a store and a folder of its own."""
    started = []

    def run(name: str, *more: object, before: Callable[[], object] = lambda: None) -> Run:
        place = ["--store", tmp_path / f"{name}-store", "--out", tmp_path / name, "--display", "plain"]
        executor = [] if "--executor" in more else ["--executor", "serial"]
        started.append(Run(["run", *small, *place, *executor, *more], tmp_path, before))
        return started[-1]

    yield run
    for one in started:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(one.pid, signal.SIGKILL)


@pytest.fixture
def unbroken(begin, contents, tmp_path):
    """The folder of an unbroken run, and how long it took."""
    began = time.monotonic()
    whole = begin("whole")
    assert whole.code() == 0, whole.text
    return contents(tmp_path / "whole"), time.monotonic() - began


@pytest.fixture
def same(begin, unbroken, contents, tmp_path):
    """Finish a run without faults if need be, and compare everything with an unbroken one."""

    def check(name: str, finish: bool = True) -> None:
        if finish:
            last = begin(name)
            assert last.code() == 0, last.text
        found = {path: data for path, data in contents(tmp_path / name).items() if not path.endswith(".part")}
        assert found == unbroken[0]
        store = Store(str(tmp_path / f"{name}-store"))
        done = [path.name for path in Path(store.root).iterdir() if path.is_dir() and path.name != ".runs"]
        assert len(done) == 12 and not store.damaged(done)

    return check


def report(kind: str, count: int, **more: int) -> None:
    print(json.dumps({"fault": kind, "count": count, **more}))


def workers(pid: int) -> list[int]:
    with suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


@pytest.mark.parametrize("count", MANY)
def test_a_killed_driver(begin, unbroken, same, draw, count):
    kills = chains = 0
    while kills < count:
        chains += 1
        for _ in range(4):
            run = begin(f"chain-{chains}")
            time.sleep(draw.uniform(0, unbroken[1]))
            kills += run.kill()
            assert run.code() in (0, -signal.SIGKILL), run.text
        same(f"chain-{chains}")
    report("killed driver", kills, chains=chains)


def _forking() -> None:
    get = multiprocessing.get_context
    local.multiprocessing.get_context = lambda method: get("fork")  # type: ignore[attr-defined]


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="looks for workers in /proc")
@pytest.mark.parametrize("count", MANY)
def test_killed_workers(begin, unbroken, same, draw, count):
    kills = chains = failed = together = 0
    while kills < count:
        chains += 1
        for _ in range(3):
            run = begin(f"chain-{chains}", "--executor", "local", "--workers", 2, before=_forking)
            for _ in range(draw.randint(1, 3)):
                time.sleep(draw.uniform(0, unbroken[1] / 2))
                if not run.over() and (found := workers(run.pid)):
                    with suppress(ProcessLookupError):
                        os.kill(draw.choice(found), signal.SIGKILL)
                        kills += 1
            if draw.random() < 0.2:  # and now and then all at once
                together += run.kill(group=True)
            code = run.code()
            assert code in (0, 1, -signal.SIGKILL), run.text
            assert code != 1 or "its worker process was killed twice" in run.text
            failed += code == 1
        same(f"chain-{chains}")
    report("killed worker", kills, chains=chains, runs_with_a_failed_cell=failed, with_their_driver=together)


@pytest.mark.parametrize("count", MANY)
def test_flipped_bits(begin, unbroken, contents, tmp_path, draw, count):
    same_store = begin("flips")
    assert same_store.code() == 0
    stages = sorted(path for path in (tmp_path / "flips-store").iterdir() if path.is_dir() and path.name != ".runs")
    before = {p: d for p, d in contents(tmp_path / "flips-store").items() if not p.endswith("timing.json")}
    flips = 0
    while flips < count:
        victims = draw.sample(stages, draw.randint(1, 6))
        for stage in victims:
            path = draw.choice([path for path in sorted(stage.iterdir()) if path.name != "timing.json"])
            content = bytearray(path.read_bytes())
            content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
            path.write_bytes(content)
            flips += 1
        run = begin("flips")
        assert run.code() == 0, run.text
        said = {line.partition(":")[0] for line in run.text.splitlines() if line.endswith("it is made again.")}
        assert said == {stage.name for stage in victims}, "every flip is noticed, and nothing else"
        after = {p: d for p, d in contents(tmp_path / "flips-store").items() if not p.endswith("timing.json")}
        assert after == before
        assert contents(tmp_path / "flips") == unbroken[0]
    report("flipped bit", flips)


def _unreliable(log: Path, kinds: dict[str, float], seed: int) -> Callable[[], None]:
    """Return what makes a run's writes to the store fail, by the probability of each kind of fault."""

    def install() -> None:
        draw, write = random.Random(seed), location.write_atomically

        def unreliable(path: Path, content: bytes, durable: bool = False) -> None:
            chosen = next((kind for kind, p in kinds.items() if draw.random() < p), None)
            if chosen is not None:
                with log.open("a") as told:
                    told.write(f"{chosen}\n")
            if chosen == "refused":
                raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))
            if chosen == "delayed":
                time.sleep(draw.uniform(0, 0.05))
            write(path, content[: draw.randrange(len(content) + 1)] if chosen == "truncated" else content, durable)

        location.write_atomically = unreliable
        location.PAUSE = 0.001

    return install


@pytest.mark.parametrize("count", MANY)
@pytest.mark.parametrize("kind", ["refused", "truncated", "delayed"])
def test_writes_that_go_wrong(begin, same, tmp_path, draw, kind, count):
    log = tmp_path / "faults"
    log.touch()
    chains, codes = 0, []
    while len(log.read_text().splitlines()) < count:
        chains += 1
        for _ in range(3):
            share = draw.choice([0.1, 0.4])
            run = begin(f"chain-{chains}", before=_unreliable(log, {kind: share}, draw.randrange(10**9)))
            codes.append(run.code())
            assert codes[-1] in (0, 1, 2) and "Traceback of" not in run.text, run.text
            if codes[-1] == 2:  # of data that cannot be kept, too
                says = {"refused": "Error: --store ", "truncated": " keeps changing in the store "}[kind]
                assert run.text.count(says) == 1, run.text
        same(f"chain-{chains}")
    report(f"{kind} write", len(log.read_text().splitlines()), chains=chains, stopped=sum(map(bool, codes)))


@pytest.mark.parametrize("count", MANY)
def test_two_drivers_on_one_store_and_one_folder(begin, same, tmp_path, draw, count):
    for pair in range(count):
        first = begin(f"pair-{pair}")
        time.sleep(draw.uniform(0, 0.05))
        second = begin(f"pair-{pair}")
        assert (first.code(), second.code()) == (0, 0), first.text + second.text
        same(f"pair-{pair}", finish=False)
    report("two drivers", count)


@pytest.mark.parametrize("count", MANY)
def test_a_clock_that_is_set_while_a_run_goes_on(begin, unbroken, contents, tmp_path, draw, count):
    """Files get times of any past or future moment, as they do when the clock is set between their writes."""
    steps = 0
    while steps < count:
        name = f"clock-{steps}"
        run = begin(name)
        while not run.over():
            for path in [*(tmp_path / f"{name}-store").rglob("*"), *(tmp_path / name).rglob("*")]:
                with suppress(FileNotFoundError):
                    moment = time.time() + draw.uniform(-1, 1) * 3e8
                    os.utime(path, (moment, moment))
                    steps += 1
            time.sleep(0.01)
        assert run.code() == 0, run.text
        again = begin(name)
        assert again.code() == 0 and "0 stages computed" in again.text, again.text
        assert contents(tmp_path / name) == unbroken[0]
    report("clock step", steps)


def _full_from(number: int) -> Callable[[], None]:
    """Return what fills the disk at a file by its number: of it and of all that follow, three bytes are written."""

    def install() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        limits, write, count = resource.getrlimit(resource.RLIMIT_FSIZE), files.write_atomically, itertools.count(1)

        def limited(path: Path, content: bytes, durable: bool = False) -> None:
            if content and next(count) >= number:
                resource.setrlimit(resource.RLIMIT_FSIZE, (3, limits[1]))
            try:
                write(path, content, durable)
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, limits)  # what the run says goes to a file too

        files.write_atomically = location.write_atomically = limited
        location.PAUSE = 0.001

    return install


@pytest.mark.parametrize("every", [pytest.param(25, id="few"), pytest.param(1, id="all", marks=pytest.mark.slow)])
def test_a_disk_that_is_full_at_any_write(begin, same, tmp_path, every):
    """Payload, log, timing, manifest, record, checksums, leaderboard: the system itself refuses to write more."""
    stopped = 0
    for number in range(1, 1000, every):
        run = begin(f"full-{number}", before=_full_from(number))
        code = run.code()
        if code == 0:
            break  # a run writes fewer files
        assert code == 2, run.text
        [sentence] = [line for line in run.text.splitlines() if line.startswith("Error: ")]
        assert "cannot be written" in sentence and "File too large" in sentence
        assert "the same command goes on from there" in sentence and "Traceback of" not in run.text
        stopped += 1
        same(f"full-{number}")
    assert stopped >= 40 // every
    report("full disk", stopped)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
def test_a_small_disk_that_is_really_full(begin, same, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=80k", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("nothing may be mounted here")
    try:
        (tmp_path / "small-store").symlink_to(disk)
        run = begin("small")
        assert run.code() == 2, run.text
        assert "No space left on device" in run.text and "Traceback of" not in run.text
        assert not list(disk.rglob("*.part"))
        subprocess.run(["mount", "-o", "remount,size=10m", disk], check=True)
        same("small")
    finally:
        subprocess.run(["umount", "-l", disk], check=True)
