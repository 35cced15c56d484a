"""A run joins a Dask cluster that exists: what it brings along, what it is told, and what it refuses."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from rbench.benchmark.run.cluster import remote
from rbench.benchmark.run.executors.dask import Dask, _agree
from rbench.core.errors import UserError


def test_records_are_those_of_serial(rbench, small, cluster, serial, record_files, tmp_path):
    done = rbench("run", *small, "--executor", "dask", "--address", cluster.scheduler_address, "--out", "out")
    assert done.code == 0, done.err
    assert record_files(tmp_path / "out") == serial
    assert [path.name for path in (tmp_path / "store").glob(".seen*")] == []


def test_a_scheduler_file_and_the_threads_of_the_worker(rbench, small, cluster, serial, record_files, tmp_path):
    file = tmp_path / "scheduler.json"
    file.write_text(json.dumps({"type": "Scheduler", "id": "x", "address": cluster.scheduler_address, "workers": {}}))
    done = rbench("run", *small, "--executor", "dask", "--scheduler-file", file, "--out", "out", "--workers", 1)
    assert done.code == 0, done.err
    assert record_files(tmp_path / "out") == serial


def test_plugin_files_travel(rbench, small, cluster, failing, tmp_path):
    grid = [*small, "--attacks", "failing", "--plugin", failing]
    done = rbench("run", *grid, "--executor", "dask", "--address", cluster.scheduler_address, "--out", "out")
    assert done.code == 1, done.err
    (trace,) = (tmp_path / "out" / "failures").iterdir()
    told = trace.read_text("utf-8")
    assert "rbench-plugins" in told and f"defined in {tmp_path}" not in told


def test_progress_travels(planned_training, cluster, tmp_path):
    deadline = time.monotonic() + 60
    with Dask(1, address=cluster.scheduler_address) as executor:
        future = executor.submit(planned_training(tmp_path, 40))
        while not (found := executor.progress()):
            assert time.monotonic() < deadline and not future.done(), "no progress was told"
            time.sleep(0.05)
        (stage_id,), (fraction,) = found.keys(), found.values()
        assert stage_id.startswith("local-") and 0 < fraction <= 1
        assert future.result(60).error is None


def test_it_counts_the_workers_of_the_cluster(cluster, tmp_path):
    for wanted, found in ((None, 2), (1, 1), (5, 2)):
        with Dask(wanted, address=cluster.scheduler_address) as executor:
            executor.check(str(tmp_path))
            assert executor.workers == found


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--address", "tcp://127.0.0.1:1"], "Error: --address tcp://127.0.0.1:1: no Dask scheduler answers there"),
        (["--address", "what://ever"], "Error: --address what://ever: no Dask scheduler answers there"),
        (["--scheduler-file", "nowhere.json"], "Error: --scheduler-file nowhere.json: there is no such file"),
        (["--address", "a", "--scheduler-file", "b"], "Error: --address and --scheduler-file both name a scheduler"),
        (["--address", "a", "--executor", "local"], "Error: --address a: --executor local joins no cluster"),
        (["--store", "memory://x"], "Error: --store memory://x: only this process would see it"),
    ],
)
def test_what_cannot_be_joined_is_refused_before_any_work(rbench, small, tmp_path, options, told, monkeypatch):
    monkeypatch.setattr("rbench.benchmark.run.cluster.start.PATIENCE", 0.5)
    done = rbench("run", *small, "--out", "out", "--executor", "dask", *options)
    assert done.code == 2
    (line,) = done.err.splitlines()
    assert line.startswith(told)
    assert not (tmp_path / "out").exists()
    assert [path.name for path in tmp_path.glob("store/*") if not path.name.startswith(".")] == []


def test_without_dask_a_sentence_says_what_to_install(small, tmp_path):
    script = "import sys; sys.modules['distributed'] = None; from rbench.benchmark.cli import main; main()"
    command = [sys.executable, "-c", script, "run", *small, "--executor", "dask", "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "Error: --executor dask needs Dask: pip install 'rbench[dask]'.\n"


def test_a_worker_with_other_versions_is_refused(tmp_path):
    terms = remote.Terms(str(tmp_path))
    remote.admit(terms)
    other = replace(terms, token="another", versions=terms.versions | {"torch": "0.1"})
    with pytest.raises(UserError, match=r"a worker on .* has torch .*, and this process 0\.1; records name one"):
        remote.admit(other)


def test_a_store_that_workers_do_not_see_is_refused(rbench, small, cluster, tmp_path, in_another_world):
    """A folder under the same path on another machine, here that of a process with mounts of its own."""
    address = cluster.scheduler_address
    with in_another_world(tmp_path / "store", ["dask", "worker", address, "--nthreads", "1", "--no-nanny"]):
        done = rbench("run", *small, "--out", "out", "--executor", "dask", "--address", address)
    assert done.code == 2
    assert f"--store {tmp_path / 'store'}: a worker on " in done.err and "does not see it" in done.err
    assert not (tmp_path / "out").exists()


@pytest.fixture
def planned_training():
    """Return what makes a job that trains a model for so many epochs, its parents being in the store."""
    from rbench.benchmark.grid import plan as plans
    from rbench.benchmark.grid import resolve
    from rbench.benchmark.grid.request import Request
    from rbench.benchmark.run.worker import Job, make

    def build(folder: Path, epochs: int) -> Job:
        own = {
            "checkerboard": {"users": 400, "items": 100, "longest": 30},
            "train": {"epochs": epochs, "patience": epochs},
        }
        plan = plans.build(resolve.build(Request(attacks=("clean",), datasets=("checkerboard",), seeds=(0,), file=own)))
        for stage in plan.stages.values():
            job = Job(stage, str(folder), source=plan.sources.get(stage.id, ""))
            if stage.kind == "local":
                return job
            if stage.kind in ("dataset", "partition"):
                make(job)
        raise AssertionError("no model is trained")

    return build


@pytest.fixture
def in_another_world():
    """Return what starts a process that sees another, empty folder in the place of one, and waits until it joined."""
    from contextlib import contextmanager

    if not shutil.which("unshare") or subprocess.run(["unshare", "-rm", "true"], check=False).returncode:
        pytest.skip("needs mount namespaces")

    @contextmanager
    def start(folder: Path, command: list[str]):
        from distributed import Client

        folder.mkdir(exist_ok=True)
        program = Path(sys.executable).parent / command[0]
        script = f'mount -t tmpfs none "{folder}" && exec "{program}" {" ".join(command[1:])}'
        with Client(command[2], set_as_default=False) as client:
            before = len(client.nthreads())
            process = subprocess.Popen(["unshare", "-rm", "sh", "-c", script], stderr=subprocess.DEVNULL)
            try:
                client.wait_for_workers(before + 1, 60)
                yield
            finally:
                process.terminate()
                process.wait(60)
                while len(client.nthreads()) > before:
                    time.sleep(0.05)

    return start


def test_a_worker_that_is_lost_while_it_is_asked_refuses_nothing():
    from distributed.comm import CommClosedError

    _agree({"tcp://gone": CommClosedError("in <TCP>: connection reset"), "tcp://there": None})
    with pytest.raises(UserError, match="the worker at tcp://odd cannot work for rbench: ValueError: five"):
        _agree({"tcp://odd": ValueError("five")})
