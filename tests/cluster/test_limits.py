"""Stages that hang, grow or fail first: what each limit makes of them, and that the other cells go on."""

from __future__ import annotations

import resource
import signal
import threading
import time

import numpy as np
import pytest

from rbench.benchmark.run import limits
from rbench.benchmark.run.limits import StageTimeout, limited
from rbench.benchmark.stages.quantities import duration, size, written_size
from rbench.core.errors import UserError

ATTACK = """
import time
import numpy as np
from dataclasses import dataclass
from rbench.attacks import ProviderAttack, register
from rbench.core.config import Options

@dataclass(frozen=True)
class GreedyConfig(Options):
    pass

@register
class Greedy(ProviderAttack[GreedyConfig]):
    audience = "all"
    paper = "none"

    def pretrain(self, provider):
        BODY
"""


def body(folder, text):
    (folder / "greedy.py").write_text(ATTACK.replace("BODY", text), "utf-8")


SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    ("executor", "seconds"),
    [("serial", 20), pytest.param("local", 90, marks=SLOW), pytest.param("dask", 90, marks=SLOW)],
)
def test_a_stage_that_hangs_fails_alone(rbench, small, serial, record_files, tmp_path, executor, seconds):
    body(tmp_path, "while True: time.sleep(0.01)")
    grid = [*small, "--attacks", "bra,greedy", "--plugin", "greedy.py", "--executor", executor, "--workers", 2]
    done = rbench("run", *grid, "--timeout", f"{seconds}s", "--out", "out")
    assert done.code == 1, done.err
    assert f"StageTimeout: it ran for longer than the {seconds} s of --timeout" in done.err
    found = record_files(tmp_path / "out")
    assert {name: found[name] for name in found if "greedy" not in name} == serial


def test_a_stage_that_grows_fails_alone_and_says_its_size(rbench, small, serial, record_files, tmp_path):
    body(tmp_path, "np.ones((3000, 1000, 1000))")
    grid = [*small, "--attacks", "greedy,bra", "--plugin", "greedy.py", "--executor", "serial"]
    done = rbench("run", *grid, "--max-memory", "2GB", "--out", "out")
    assert done.code == 1
    assert "MemoryError: Unable to allocate 22.4 GiB" in done.err
    assert "(--max-memory 2.0 GB; its process had " in done.err
    found = record_files(tmp_path / "out")
    assert {name: found[name] for name in found if "greedy" not in name} == serial


def test_torch_too_says_its_size():
    import torch

    told = r"tried to allocate 8000000000 bytes.*\(--max-memory 1\.0 GB; "
    with pytest.raises(MemoryError, match=told), limited(None, 10**9):
        torch.empty(10**9, dtype=torch.float64).fill_(1)
    assert resource.getrlimit(resource.RLIMIT_DATA)[0] == resource.RLIM_INFINITY
    assert torch.zeros(3 * 10**8).sum() == 0  # the limit is gone


def test_what_stays_within_the_limits_is_left_alone():
    handler = signal.getsignal(signal.SIGALRM)
    with limited(30, 10**9):
        assert np.ones(1000).sum() == 1000
    with pytest.raises(RuntimeError, match=r"^other$"), limited(30, 10**9):
        raise RuntimeError("other")
    assert signal.getsignal(signal.SIGALRM) is handler
    assert [thread for thread in threading.enumerate() if thread.name == "timeout"] == []


@pytest.mark.parametrize("in_thread", [False, True])
def test_a_timeout_cannot_be_caught_as_an_exception(in_thread):
    told = []

    def stage():
        try:
            with limited(0.2, None):
                while True:
                    try:
                        time.sleep(0.01)
                    except Exception:
                        told.append("swallowed")
        except StageTimeout as error:
            told.append(str(error))

    if in_thread:
        thread = threading.Thread(target=stage)
        thread.start()
        thread.join(20)
    else:
        stage()
    assert told == ["it ran for longer than the 0.2 s of --timeout"]


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs signals to threads")
def test_a_long_sleep_is_woken_up():
    began = time.monotonic()
    with pytest.raises(StageTimeout), limited(0.2, None):
        time.sleep(30)
    assert time.monotonic() - began < 10


@SLOW
def test_a_library_that_does_not_return_ends_with_its_worker(rbench, small, tmp_path, monkeypatch):
    """It is tried once more, alone, and then its cell has failed."""
    body(tmp_path, "import ctypes; ctypes.PyDLL(None).sleep(10 ** 6)")  # holds Python's lock, so that nothing else runs
    text = (tmp_path / "greedy.py").read_text("utf-8")
    monkeypatch.setattr(limits, "GRACE", 10.0)
    grace = "from rbench.benchmark.run import limits; limits.GRACE = 0.5\n"
    (tmp_path / "greedy.py").write_text(grace + text, "utf-8")
    grid = [*small, "--attacks", "greedy", "--plugin", "greedy.py", "--executor", "local", "--workers", 1]
    done = rbench("run", *grid, "--timeout", "4s", "--out", "out")
    assert done.code == 1, done.err
    assert "killed" in done.err


def test_fail_fast_begins_nothing_more(rbench, small, record_files, tmp_path):
    body(tmp_path, "raise ValueError('first')")
    grid = [*small, "--attacks", "greedy,bra", "--plugin", "greedy.py", "--executor", "serial", "--out", "out"]
    done = rbench("run", *grid, "--fail-fast")
    assert done.code == 1
    assert "not run: --fail-fast stopped at the first failure" in done.err
    assert "0 cells done" not in rbench("run", *grid).out  # without it the others go on


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("1.5h", 5400), ("2 min", 120), ("2m", 120), ("30d", 2592000)]
)
def test_durations(text, seconds):
    assert duration(text, "--timeout") == seconds


@pytest.mark.parametrize(("text", "n"), [("1000", 1000), ("4GB", 4 * 10**9), ("4 gib", 2**32), ("1.5kB", 1500)])
def test_sizes(text, n):
    assert size(text, "--max-memory") == n


@pytest.mark.parametrize("text", ["", "h", "-1h", "0", "0s", "1 year", "nan", "inf", "1e3", "9" * 40])
def test_what_is_no_duration_or_size_is_refused(text):
    with pytest.raises(UserError, match=r"--timeout .*: write, e\.g\., 90s, 30m, 2h or 7d\."):
        duration(text, "--timeout")
    with pytest.raises(UserError, match=r"--max-memory .*: write, e\.g\., 500MB, 4GB or 4GiB\."):
        size(text, "--max-memory")


def test_sizes_are_written_for_people():
    assert [written_size(n) for n in (12, 1500, 4 * 10**9, 10**15)] == ["12 B", "1.5 kB", "4.0 GB", "1000.0 TB"]
