"""What was altered or lost in the store is noticed, said and made again, and no record changes."""

from __future__ import annotations

import json

import fsspec
import pytest

from rbench.benchmark.stages import location
from rbench.benchmark.stages.store import Store
from rbench.core.artifacts import to_json
from rbench.core.system.files import read_whole


def spoil(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x20
    path.write_bytes(content)


def stages(store, kind):
    return sorted(path for path in store.iterdir() if path.name.startswith(f"{kind}-"))


def kept(found):
    return {name: data for name, data in found.items() if not name.endswith("timing.json")}


def test_an_altered_file_of_every_kind_of_stage(finished, whole, rbench, contents):
    store, records = kept(contents(finished.store)), contents(finished.out)
    kinds = ("dataset", "partition", "targets", "local", "pretrain", "adapt", "rank", "detect", "measure")
    victims = [stages(finished.store, kind)[-1] for kind in kinds]
    for victim in victims:
        spoil(max(victim.iterdir(), key=lambda path: path.stat().st_size))
    done = rbench("run", *whole, "--out", finished.out, "--executor", "serial")
    assert done.code == 0
    assert done.computed == len(kinds)
    said = sorted(line.partition(":")[0] for line in done.err.splitlines() if line.endswith("it is made again."))
    assert said == sorted(victim.name for victim in victims)
    assert kept(contents(finished.store)) == store
    assert contents(finished.out) == records


def test_lost_and_unfinished_stages(finished, whole, rbench, contents):
    store, records = kept(contents(finished.store)), contents(finished.out)
    (stages(finished.store, "pretrain")[0] / "stage.json").unlink()
    (stages(finished.store, "rank")[0] / "topk.safetensors").unlink()
    (stages(finished.store, "measure")[0] / "stage.json").write_text("{}")
    done = rbench("run", *whole, "--out", finished.out, "--executor", "serial")
    assert (done.code, done.computed) == (0, 3)
    assert kept(contents(finished.store)) == store
    assert contents(finished.out) == records


def test_a_manifest_that_leads_out_of_its_folder_reads_nothing_there(finished, whole, rbench, contents, monkeypatch):
    records = contents(finished.out)
    victim = stages(finished.store, "measure")[0]
    manifest = json.loads((victim / "stage.json").read_text())
    manifest["sha256"]["../../value.json"] = manifest["sha256"].pop("value.json")
    (victim / "stage.json").write_bytes(to_json(manifest))
    (finished.store.parent / "value.json").write_bytes((victim / "value.json").read_bytes())
    read = []
    load = Store._read
    monkeypatch.setattr(Store, "_read", lambda self, stage, name: read.append(name) or load(self, stage, name))
    opened = []
    monkeypatch.setattr(location, "read_whole", lambda path: opened.append(path) or read_whole(path))
    done = rbench("run", *whole, "--out", finished.out, "--executor", "serial")
    assert f"{victim.name}: stage.json in the store was altered" in done.err
    assert "../../value.json" in read
    assert opened and not [path for path in opened if ".." in path]
    assert contents(finished.out) == records


@pytest.fixture
def memory():
    yield "memory://rbench-damage"
    fsspec.filesystem("memory").rm("/rbench-damage", recursive=True)


def test_a_store_in_memory(finished, small, rbench, contents, memory, tmp_path):
    options = ["--store", memory, "--out", tmp_path / "m", "--executor", "serial"]
    first = rbench("run", *small, *options)
    assert (first.code, first.computed) == (0, 12)
    records = contents(tmp_path / "m" / "records")
    assert records.items() < contents(finished.out / "records").items()
    assert rbench("run", *small, *options).computed == 0

    fs = fsspec.filesystem("memory")
    found = {path.split("/")[2].partition("-")[0]: path for path in fs.glob("/rbench-damage/*/log.json")}
    fs.pipe_file(found["partition"], b"{ }\n")  # read by targets, which is lost, before anything else runs
    fs.rm_file(found["targets"].replace("log.json", "stage.json"))
    fs.pipe_file(found["measure"].replace("log.json", "value.json"), b"{ }\n")  # read for records only
    again = rbench("run", *small, *options)
    assert again.code == 0, again.err
    assert again.computed == 3
    assert again.err.count("it is made again.") == 2
    assert contents(tmp_path / "m" / "records") == records


def test_a_store_in_memory_wants_the_serial_executor(small, rbench, tmp_path):
    done = rbench("run", *small, "--store", "memory://x", "--out", tmp_path / "m")
    assert done.code == 2
    assert done.err == "Error: --store memory://x: only this process would see it; use --executor serial with it.\n"
    assert not (tmp_path / "m").exists()


def test_a_store_that_keeps_changing_ends_the_cell_and_not_the_patience(finished, whole, rbench, monkeypatch):
    victim = stages(finished.store, "measure")[0].name
    save = Store.save

    def bad_disk(self, stage, *result):
        save(self, stage, *result)
        if stage.id == victim:
            spoil(finished.store / victim / "value.json")

    monkeypatch.setattr(Store, "save", bad_disk)
    spoil(finished.store / victim / "value.json")
    done = rbench("run", *whole, "--out", finished.out, "--executor", "serial")
    assert done.code == 1
    assert f"{victim}: value.json keeps changing in the store" in done.err
    assert "12 cells done, 1 failed" in done.out


def test_a_cell_without_a_record_is_not_called_done(finished, whole, rbench, monkeypatch):
    (victim,) = [path.name for path in finished.store.glob("pretrain-bra-*")]
    save = Store.save

    def bad_disk(self, stage, *result):
        save(self, stage, *result)
        if stage.id == victim:  # all that needs the model is done: its log is read for records only
            spoil(finished.store / victim / "log.json")

    monkeypatch.setattr(Store, "save", bad_disk)
    spoil(finished.store / victim / "log.json")
    done = rbench("run", *whole, "--out", "new", "--executor", "serial")
    assert done.code == 1
    assert "9 cells done, 4 failed; 3 stages computed." in done.out
    assert done.err.count(f": {victim}: log.json keeps changing in the store") == 4
