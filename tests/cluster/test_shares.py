"""Several runs over one store: each has its share, none computes what another does, and together they are the whole."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rbench.benchmark.grid import plan as plans
from rbench.benchmark.grid import resolve
from rbench.benchmark.grid.request import Request
from rbench.benchmark.run.executors.serial import Serial
from rbench.benchmark.run.shares import claims as claims_module
from rbench.benchmark.run.shares.claims import Claims
from rbench.benchmark.run.shares.share import Share
from rbench.benchmark.run.shares.sharing import Sharing
from rbench.benchmark.run.worker import Job
from rbench.benchmark.stages.store import Store
from rbench.core.errors import UserError
from rbench.testing import ExecutorContract


class SharedSerial(Sharing):
    """The serial executor, in a run beside others."""

    name = "shared-serial"
    in_process = True

    def __init__(self, workers):
        super().__init__(Serial(workers))


class TestShared(ExecutorContract):
    """All but the name: ``--shard`` wraps an executor, and is none to be chosen."""

    executor = SharedSerial
    test_it_is_registered_under_its_name = None
    test_it_is_listed_without_torch = None


def build(seeds=2, attacks=("bra", "pea"), defenses=("kmeans",)):
    request = Request(attacks=attacks, datasets=("checkerboard",), seeds=tuple(range(seeds)), defenses=defenses)
    return plans.build(resolve.build(request))


WHOLE = build()


@given(st.integers(1, 40))
@settings(deadline=None, max_examples=15)
def test_shares_are_the_whole_and_have_no_cell_in_common(of):
    shares = [Share(number, of).plan(WHOLE) for number in range(1, of + 1)]
    assert [cell for share in shares for cell in share.cells] == WHOLE.cells
    for share in shares:
        needed = {stage_id for cell in share.cells for stage_id in cell.stages.values()}
        for stage in share.stages.values():
            needed.update(stage.reads.values())
        assert set(share.stages) == needed
        assert list(share.stages) == [stage_id for stage_id in WHOLE.stages if stage_id in needed]
        assert share.sources == {i: s for i, s in WHOLE.sources.items() if i in needed}


def test_cells_that_share_stages_stand_in_one_share():
    halves = [Share(number, 2).plan(WHOLE) for number in (1, 2)]
    twice = set(halves[0].stages) & set(halves[1].stages)
    dealt = [WHOLE.cells[0::2], WHOLE.cells[1::2]]  # as cards are
    other = set.intersection(*({i for cell in cells for i in cell.stages.values()} for cells in dealt))
    assert 2 * len(twice) < len(other)


@pytest.mark.parametrize("text", ["", "2", "0/3", "4/3", "1/0", "-1/2", "1/2/3", "a/b", "1 / 2", "1/99999999999"])
def test_what_is_no_share_is_refused(text):
    with pytest.raises(UserError, match=r"--shard .*: write K/N with K from 1 to N"):
        Share.read(text)


def test_three_runs_at_once_give_the_records_of_one(small, serial, record_files, tmp_path):
    grid = [*small, "--executor", "serial", "--store", "store", "--out", "out", "--display", "plain"]
    command = [sys.executable, "-m", "rbench", "run", *grid, "--shard"]
    runs = [
        subprocess.Popen([*command, f"{number}/3"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for number in (1, 2, 3)
    ]
    ended = [run.communicate(timeout=200) for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0], ended
    assert record_files(tmp_path / "out") == serial
    computed = [int(re.search(r"(\d+) stages computed", out)[1]) for out, _ in ended]
    assert sum(computed) == 12, "a stage was computed twice"
    assert [*(tmp_path / "store" / ".claims").iterdir()] == []


def test_a_share_without_a_cell_has_nothing_to_do(rbench, small):
    done = rbench("run", *small, "--executor", "serial", "--out", "out", "--shard", "1/40")
    assert (done.code, done.err) == (0, "")
    assert "0 cells done, 0 failed; 0 stages computed." in done.out


@pytest.fixture(params=["folder", "memory"])
def store(request, tmp_path):
    found = Store(str(tmp_path) if request.param == "folder" else f"memory://{tmp_path.name}")
    found.check_writable()
    return found


@pytest.fixture
def fast(monkeypatch):
    monkeypatch.setattr(claims_module, "BEAT", 0.05)
    monkeypatch.setattr(claims_module, "LAPSE", 0.5)


def test_one_of_many_gets_a_claim(tmp_path):
    store = Store(str(tmp_path))
    runs, taken = [Claims(store) for _ in range(8)], list[bool]()
    barrier = threading.Barrier(8)

    def take(run):
        barrier.wait()
        taken.append(run.take("stage"))

    threads = [threading.Thread(target=take, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [False] * 7 + [True]
    runs[taken.index(True)].close()


def test_a_claim_that_is_given_up_can_be_taken(store, fast):
    first, second = Claims(store), Claims(store)
    assert first.take("stage") and not second.take("stage")
    first.release("stage")
    assert second.take("stage")
    second.close()


def test_a_claim_that_is_renewed_holds(store, fast):
    first, second = Claims(store), Claims(store)
    assert first.take("stage")
    deadline = time.monotonic() + 1.5
    while time.monotonic() < deadline:
        assert not second.take("stage")
        time.sleep(0.05)
    first.close()


def test_a_claim_of_a_run_that_was_killed_lapses(tmp_path, fast):
    """By the clock of who waits, so that clocks need not agree."""
    script = "import os; from rbench.benchmark.run.shares.claims import Claims; "
    script += "from rbench.benchmark.stages.store import Store; "
    script += f"assert Claims(Store({str(tmp_path)!r})).take('stage'); os._exit(9)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 9
    second = Claims(Store(str(tmp_path)))
    began = time.monotonic()
    while not second.take("stage"):
        assert time.monotonic() - began < 10
        time.sleep(0.02)
    assert time.monotonic() - began >= 0.5
    second.close()


def test_what_another_run_gives_up_unfinished_is_computed_here(tmp_path, fast):
    plan = build(1, ("clean",), ("none",))
    stage = next(iter(plan.stages.values()))
    job = Job(stage, str(tmp_path), source=plan.sources[stage.id])
    other = Claims(Store(str(tmp_path)))
    assert other.take(stage.id)
    with SharedSerial(1) as executor:
        future = executor.submit(job)
        assert executor.workers == 2, "a stage that is waited for must not keep others from running"
        executor.progress()
        assert not future.done()
        other.release(stage.id)
        while not future.done():
            executor.progress()
            time.sleep(0.01)
        assert future.result().error is None and not future.result().elsewhere
    other.close()
    assert Store(str(tmp_path)).has(stage.id)
    assert [*Path(tmp_path, ".claims").iterdir()] == []
