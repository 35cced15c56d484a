"""Stores and folders of results that are no folders here: in memory, by file://, and on S3's own protocol."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from contextlib import suppress

import fsspec
import pytest

from rbench.benchmark.stages.location import Location
from rbench.benchmark.stages.mirror import result_folder
from rbench.core.errors import UserError


@pytest.fixture(scope="session")
def s3_server():
    """A server of S3's protocol, in a process of its own so that it can be stopped."""
    pytest.importorskip("s3fs")
    pytest.importorskip("moto")
    script = "import time; from moto.server import ThreadedMotoServer as S; s = S('127.0.0.1', 0, verbose=False); "
    script += "s.start(); print(s.get_host_and_port()[1], flush=True); time.sleep(1e6)"
    server = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    yield f"http://127.0.0.1:{server.stdout.readline().strip()}", server
    server.kill()
    server.wait()


@pytest.fixture
def s3(s3_server, monkeypatch, request):
    """The URL of a bucket of its own; this process and those it starts find the server by their environment."""
    url, _ = s3_server
    keys = {"AWS_ACCESS_KEY_ID": "someone", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}
    for name, value in {**keys, "AWS_ENDPOINT_URL": url}.items():
        monkeypatch.setenv(name, value)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    fs = fsspec.filesystem("s3", skip_instance_cache=True)
    bucket = request.node.name.replace("_", "-").replace("[", "-").replace("]", "")[:60].strip("-")
    fs.mkdir(bucket)
    yield f"s3://{bucket}"
    fsspec.get_filesystem_class("s3").clear_instance_cache()


def stored(url):
    """Return every file below a URL by its relative path, hidden ones left out."""
    location = Location(url)
    return {
        name: location.read(location.path(name))
        for name in location.files()
        if not any(part.startswith(".") for part in name.split("/"))
    }


def local(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_store_and_results_on_s3_are_those_of_folders(rbench, small, s3, serial, tmp_path):
    where = ["--store", f"{s3}/store", "--out", f"{s3}/out"]
    done = rbench("run", *small, *where, "--executor", "local", "--workers", 2)
    assert done.code == 0, done.err
    assert f"Results: {s3}/out/leaderboard.md, {s3}/out/leaderboard.csv" in done.out
    assert f"Next: rbench report {s3}/out --check" in done.out
    found = stored(f"{s3}/out")
    assert {name.partition("/")[2]: data for name, data in found.items() if name.startswith("records/")} == serial
    again = rbench("run", *small, *where, "--executor", "serial")
    assert again.code == 0 and "0 stages computed" in again.out
    assert stored(f"{s3}/out") == found
    rbench("run", *small, "--store", "store", "--out", "out", "--executor", "serial")
    assert found == local(tmp_path / "out")

    checked = rbench("report", f"{s3}/out", "--check")
    assert (checked.code, checked.out) == (0, f"{s3}/out: every leaderboard file is what the records give.\n")
    location = Location(f"{s3}/out")
    location.write(location.path("leaderboard.md"), b"other")
    checked = rbench("report", f"{s3}/out", "--check")
    assert checked.code == 1
    assert f"{s3}/out/leaderboard.md is not what the records give; rbench report {s3}/out rebuilds it." in checked.err
    assert rbench("report", f"{s3}/out").code == 0
    assert stored(f"{s3}/out") == found
    compared = rbench("compare", f"{s3}/out", "out")
    assert compared.code == 0, compared.err


@pytest.mark.slow
def test_shares_meet_on_s3(small, s3, serial):
    grid = [*small, "--executor", "serial", "--store", f"{s3}/store", "--out", f"{s3}/out", "--display", "plain"]
    command = [sys.executable, "-m", "rbench", "run", *grid, "--shard"]
    runs = [
        subprocess.Popen([*command, f"{number}/2"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for number in (1, 2)
    ]
    ended = [run.communicate(timeout=200) for run in runs]
    assert [run.returncode for run in runs] == [0, 0], ended
    assert sum(int(out.partition(" stages computed")[0].split()[-1]) for out, _ in ended) == 12
    found = stored(f"{s3}/out")
    assert {name.partition("/")[2]: data for name, data in found.items() if name.startswith("records/")} == serial


@pytest.mark.slow
def test_dask_workers_meet_on_s3(rbench, small, s3, serial):
    done = rbench("run", *small, "--store", f"{s3}/store", "--out", "out", "--executor", "dask", "--workers", 1)
    assert done.code == 0, done.err
    with result_folder("out", "--out") as folder:
        assert {path.name: path.read_bytes() for path in (folder.path / "records").iterdir()} == serial


def test_one_of_two_creates_a_file_on_s3(s3):
    """What shares need to compute each stage once."""
    location = Location(f"{s3}/store")
    location.check_writable()
    assert location.create(location.path("claim"), b"first")
    assert not location.create(location.path("claim"), b"second")
    assert location.read(location.path("claim")) == b"first"


def test_what_others_write_is_seen_at_once(s3):
    one, other = Location(f"{s3}/store"), Location(f"{s3}/store")
    one.check_writable()
    assert other.names() == [".writable"] and not other.exists(other.path("new"))
    script = "import sys; from rbench.benchmark.stages.location import Location; o = Location(sys.argv[1])"
    subprocess.run([sys.executable, "-c", f"{script}; o.write(o.path('new'), b'1')", f"{s3}/store"], check=True)
    assert other.names() == [".writable", "new"] and other.exists(other.path("new"))


@pytest.mark.slow
def test_a_server_that_is_stopped_ends_the_run_in_a_sentence(rbench, small, s3, s3_server, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    done = rbench("run", *small, "--store", "store", "--out", f"{s3}/out", "--executor", "serial")
    assert done.code == 2
    (line,) = done.err.splitlines()
    assert line.startswith(f"Error: --out {s3}/out: it cannot be written to (")


def test_file_urls_are_folders(rbench, small, serial, record_files, tmp_path):
    where = ["--store", f"file://{tmp_path}/store", "--out", f"file://{tmp_path}/out"]
    assert rbench("run", *small, *where, "--executor", "serial").code == 0
    assert record_files(tmp_path / "out") == serial
    assert rbench("report", f"file://{tmp_path}/out", "--check").code == 0


def test_results_in_memory(rbench, small, serial, tmp_path):
    url = f"memory://{tmp_path.name}"
    done = rbench("run", *small, "--store", f"{url}/store", "--out", f"{url}/out", "--executor", "serial")
    assert done.code == 0, done.err
    found = stored(f"{url}/out")
    assert {name.partition("/")[2]: data for name, data in found.items() if name.startswith("records/")} == serial


def test_a_folder_is_written_back_as_it_changes(tmp_path, monkeypatch):
    monkeypatch.setattr("rbench.benchmark.stages.mirror.EVERY", 0.05)
    url = f"memory://{tmp_path.name}"
    location = Location(url)
    location.check_writable()
    location.write(location.path("records", "old.json"), b"old")
    location.write(location.path("records", "kept.json"), b"kept")
    with suppress(InterruptedError), result_folder(url, "--out", write=True) as folder:
        assert (folder.path / "records" / "old.json").read_bytes() == b"old"
        (folder.path / "records" / "old.json").unlink()
        (folder.path / "records" / "new.json").write_bytes(b"new")
        deadline = time.monotonic() + 20
        while stored(url) != {"records/kept.json": b"kept", "records/new.json": b"new"}:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        (folder.path / "last").write_bytes(b"last")
        raise InterruptedError
    assert stored(url) == {"records/kept.json": b"kept", "records/new.json": b"new", "last": b"last"}
    assert not os.path.exists(folder.path)


def test_only_readers_change_nothing(tmp_path):
    url = f"memory://{tmp_path.name}"
    with result_folder(url, "DIR") as folder:
        folder.path.mkdir(parents=True, exist_ok=True)
        (folder.path / "new").write_bytes(b"new")
    assert stored(url) == {}


def test_messages_name_the_url(tmp_path):
    with (
        pytest.raises(UserError, match=r"^memory://x/nothing/records: wrong$"),
        result_folder("memory://x/nothing", "DIR") as folder,
    ):
        raise UserError(f"{folder.path}/records: wrong")
