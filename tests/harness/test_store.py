"""The store: complete or absent, checked to the byte, never pickled, on any file system."""

from __future__ import annotations

import json
import random

import fsspec
import pytest

from rbench.benchmark.stages.codecs import Codecs
from rbench.benchmark.stages.stage import Stage
from rbench.benchmark.stages.store import Damaged, Store
from rbench.core.errors import UserError

STAGE = Stage("measure", "exposure", 1, {"x": 1.5}, 7, {"rank": "rank-direct-0"})
PAYLOAD = {"value.json": b"{}\n", "log.json": b"{}\n"}


@pytest.fixture(params=["folder", "memory://rbench-tests/store"])
def store(request, tmp_path):
    memory = request.param.startswith("memory")
    yield Store(request.param if memory else str(tmp_path / "s"))
    if memory:
        fsspec.filesystem("memory").rm("/rbench-tests", recursive=True)


def test_what_was_saved_is_loaded(store):
    store.check_writable()
    assert store.done([STAGE.id]) == set()
    store.save(STAGE, PAYLOAD, {"seconds": 1.25, "cpu_seconds": 0.5})
    assert store.has(STAGE.id) and store.done([STAGE.id, "measure-other-1"]) == {STAGE.id}
    assert store.load(STAGE.id) == PAYLOAD
    assert store.load(STAGE.id, "log.json") == {"log.json": b"{}\n"}
    assert store.log(STAGE.id) == {}
    assert store.seconds(STAGE.id) == 1.25 and store.seconds(STAGE.id, "cpu_seconds") == 0.5
    assert Stage(**store.manifest(STAGE.id)["stage"]) == STAGE
    assert [*store.find("measure-exp")] == [STAGE.id] and not [*store.find("rank")]
    store.discard(STAGE.id)
    store.discard(STAGE.id)
    assert not store.has(STAGE.id)


def test_results_tell_their_type_and_older_ones_tell_it_by_their_files(store):
    for artifact in ("json", ""):
        store.save(STAGE, PAYLOAD, {"seconds": 1}, artifact)
        assert ("artifact" in store.manifest(STAGE.id)) == bool(artifact)
        assert store.result(STAGE.id) == ("json", {"value.json": b"{}\n"})
        assert Codecs().read(store, STAGE.id) == {}
    store.save(STAGE, PAYLOAD, {"seconds": 1}, "nobody's")
    with pytest.raises(Damaged, match=r"stage\.json"):
        Codecs().read(store, STAGE.id)


def test_a_payload_without_its_manifest_is_nothing(store, monkeypatch):
    write = Store.write

    def killed(self, path, content):
        if path.endswith("stage.json"):
            raise KeyboardInterrupt
        write(self, path, content)

    monkeypatch.setattr(Store, "write", killed)
    with pytest.raises(KeyboardInterrupt):
        store.save(STAGE, PAYLOAD, {"seconds": 1})
    assert not store.has(STAGE.id) and store.done([STAGE.id]) == set()
    monkeypatch.undo()
    store.save(STAGE, PAYLOAD, {"seconds": 1})
    assert store.load(STAGE.id) == PAYLOAD


def edit(store, change):
    """Rewrite a manifest as whoever knows its format would."""
    path = store.path(STAGE.id, "stage.json")
    manifest = json.loads(store.fs.cat_file(path))
    change(manifest)
    store.fs.pipe_file(path, (json.dumps(manifest, sort_keys=True, indent=1, ensure_ascii=False) + "\n").encode())


@pytest.mark.parametrize(
    ("change", "file"),
    [
        (lambda m: m["sha256"].update({"../../secret": "0"}), "stage.json"),
        (lambda m: m["sha256"].update({"/etc/hostname": "0"}), "stage.json"),
        (lambda m: m["sha256"].update({"..": "0"}), ".."),
        (lambda m: m["sha256"].update({"": "0"}), ""),
        (lambda m: m["sha256"].update({"log.json": "0" * 64}), "log.json"),
        (lambda m: m["sha256"].update({"absent.json": "0" * 64}), "absent.json"),
        (lambda m: m.update({"sha256": []}), "stage.json"),
        (lambda m: m.pop("sha256"), "stage.json"),
        (lambda m: m.pop("stage"), "stage.json"),
        (lambda m: m["stage"].update({"seed": 8}), "stage.json"),
        (lambda m: m.update({"artifcct": m.pop("artifact")}), "stage.json"),  # by a single bit
        (lambda m: m["stage"].update({"name": 5}), "stage.json"),
        (lambda m: m["stage"].update({"more": 5}), "stage.json"),
    ],
)
def test_an_edited_manifest_is_distrusted(store, change, file):
    store.save(STAGE, PAYLOAD, {"seconds": 1}, "json")
    if store.local:  # what a hostile manifest would like to read
        (store.fs.mkdirs(store.root, exist_ok=True), store.fs.pipe_file(store.path("..", "secret"), b"mine"))
    edit(store, change)
    with pytest.raises(Damaged) as found:
        store.load(STAGE.id)
    assert (found.value.stage_id, found.value.file) == (STAGE.id, file)


@pytest.mark.parametrize("content", [b"", b"{", b"null\n", b"[]\n", b"\xff\xfe", b'{"sha256": {}, "stage": 3}\n'])
def test_a_spoilt_manifest_is_distrusted(store, content):
    store.save(STAGE, PAYLOAD, {"seconds": 1})
    store.fs.pipe_file(store.path(STAGE.id, "stage.json"), content)
    with pytest.raises(Damaged, match=r"stage\.json"):
        store.load(STAGE.id)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"seconds": "x"}', b'{"seconds": NaN}', b'{"seconds": Infinity}'])
def test_a_spoilt_timing_is_only_forgotten(store, content):
    store.save(STAGE, PAYLOAD, {"seconds": 1})
    store.fs.pipe_file(store.path(STAGE.id, "timing.json"), content)
    assert store.seconds(STAGE.id) is None and store.seconds(STAGE.id, "cpu_seconds") is None
    assert store.load(STAGE.id) == PAYLOAD


def test_every_altered_byte_is_noticed(finished):
    draw = random.Random(3)
    store = Store(str(finished.store))
    stages = [path.name for path in finished.store.iterdir() if path.is_dir() and path.name != ".runs"]
    assert store.damaged(stages) == {}
    looked = 0
    for path in sorted(p for p in finished.store.rglob("*") if p.is_file() and p.parent.name in stages):
        if path.name == "timing.json":
            continue  # no result, and no record holds it
        whole = path.read_bytes()
        at = draw.randrange(len(whole))
        spoilt = (
            whole[:at] + bytes([whole[at] ^ 1 << draw.randrange(8)]) + whole[at + 1 :],
            whole[:-1],
            whole + b"\n",
        )
        for content in spoilt:
            path.write_bytes(content)
            assert [*store.damaged([path.parent.name])] == [path.parent.name], path
        path.write_bytes(whole)
        looked += 1
    assert looked > 2 * len(stages)
    assert store.damaged(stages) == {}


def test_nothing_is_pickled(finished):
    suffixes = {path.suffix for path in finished.store.rglob("*") if path.is_file() and path.name != ".writable"}
    assert suffixes == {".json", ".safetensors"}


@pytest.mark.parametrize("url", ["nosuch://bucket/place", "s3+nosuch://x"])
def test_an_unknown_protocol(url):
    with pytest.raises(UserError, match=r"Protocol not known") as said:
        Store(url)
    assert url in str(said.value)


def test_an_unwritable_store(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written to"):
        Store(str(tmp_path / "file" / "store")).check_writable()
