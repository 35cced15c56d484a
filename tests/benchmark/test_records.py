"""Records as files: there and back, safe names, and plain words for broken ones."""

import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbench.core.errors import UserError
from rbench.core.records import folder as records
from rbench.core.records.folder import RecordReader, read_all
from rbench.core.records.record import Cell, Record, filename, from_bytes, to_bytes
from rbench.core.system.files import write_atomically

CELL = Cell("ml-100k", "sasrec", "pea:suppress=0.5", "pt", "none", 2)
RECORD = Record(
    cell=CELL,
    status="done",
    protocol={"split": "leave-one-out", "max_length": 50},
    attack_info={"audience": "group", "config": {"rate": 0.05}, "paper": "SIGIR 2023"},
    targets=[{"item": "242", "popularity": 3}],
    metrics={"all": {"HIT@5": 1.25, "lambda": None}, "target": {"HIT@5": 2.0}},
    chance={"all": {"HIT@5": 0.3}},
    user_tests={"all": {"HIT@5": {"n": 300, "mean_difference": 1.2, "t": 4.0, "p": 0.001}}},
    log={"epochs": 12},
    stages={"rank": "rank-sasrec-0123"},
    versions={"rbench": "0.1.0"},
)


def broken(**changes):
    """Return the record's bytes with some keys changed."""
    return json.dumps({**json.loads(to_bytes(RECORD)), **changes}).encode()


def test_there_and_back():
    assert from_bytes(to_bytes(RECORD), "r.json") == RECORD
    assert to_bytes(from_bytes(to_bytes(RECORD), "r.json")) == to_bytes(RECORD)


def test_what_is_no_number_is_null_and_numpy_is_plain():
    odd = replace(
        RECORD,
        metrics={"all": {"a": math.nan, "b": math.inf, "c": np.float64(0.5), "d": np.float32(2)}},
        log={"rates": np.array([1, 2])},
    )
    back = from_bytes(to_bytes(odd), "r.json")
    assert back.metrics == {"all": {"a": None, "b": None, "c": 0.5, "d": 2.0}}
    assert back.log == {"rates": [1, 2]}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is not a record"),
        (b"\xff\xfe", "is not a record"),
        (b"[" * 100_000, "is not a record"),
        (b"[]", "schema found: none"),
        (broken(schema=2), "schema found: 2"),
        (broken(metrics={"all": {"HIT@5": math.nan}}), "NaN is not JSON"),
        (broken(metrics={"all": {"HIT@5": 1e999}}), "is not JSON"),
        (to_bytes(RECORD).replace(b"1.25", b"1e999"), "metrics cannot be read"),
        (to_bytes(RECORD).replace(b"1.25", b"-1e999"), "metrics cannot be read"),
        (broken(metrics={"all": {"HIT@5": True}}), "metrics cannot be read"),
        (broken(metrics={"all": 3}), "metrics cannot be read"),
        (broken(metrics={"all": {"HIT@5": "3"}}), "metrics cannot be read"),
        (broken(status="maybe"), "status cannot be read"),
        (broken(cell=None), "cell cannot be read"),
        (broken(cell={"dataset": "a"}), "lacks model, attack"),
        (broken(cell={**json.loads(to_bytes(RECORD))["cell"], "seed": "0"}), "whole-number seed"),
        (broken(targets=[{"item": "1"}]), "targets cannot be read"),
        (broken(attack_info={"audience": "some"}), "attack_info cannot be read"),
        (broken(more=1), "more has no place in schema 1"),
    ],
)
def test_broken_files_are_told_by_name(data, message):
    with pytest.raises(UserError, match=re.escape(message)) as caught:
        from_bytes(data, "records/x.json")
    assert str(caught.value).startswith("records/x.json") and "\n" not in str(caught.value)


@pytest.mark.parametrize("key", ["cell", "status", "metrics", "versions", "error"])
def test_a_missing_key_is_named(key):
    raw = json.loads(to_bytes(RECORD))
    del raw[key]
    with pytest.raises(UserError, match=f"lacks {key}"):
        from_bytes(json.dumps(raw).encode(), "x.json")


def test_names_are_readable_and_tell_configurations_apart():
    assert re.fullmatch(r"ml-100k-sasrec-pea-suppress=0\.5-pt-none-s2-[0-9a-f]{12}\.json", filename(RECORD))
    others = [
        replace(RECORD, stages={"rank": "rank-sasrec-4567"}),
        replace(RECORD, protocol={"split": "random", "max_length": 50}),
        replace(RECORD, cell=replace(CELL, seed=3)),
        replace(RECORD, cell=replace(CELL, attack="pea-suppress=0.5")),
    ]
    assert len({filename(r) for r in [RECORD, *others]}) == 5
    failed = replace(RECORD, status="failed", error="no", metrics={})
    assert filename(failed) == filename(RECORD), "a cell that is tried again takes its old file's place"


@given(st.text(max_size=300), st.text(max_size=300))
def test_hostile_names_stay_in_the_directory(dataset, attack):
    hostile = replace(RECORD, cell=replace(CELL, dataset=f"../{dataset}", attack=attack))
    assert re.fullmatch(r"[A-Za-z0-9=_][A-Za-z0-9.=_-]*\.json", filename(hostile))
    assert len(filename(hostile)) < 250
    assert from_bytes(to_bytes(hostile), "x") == hostile


def test_names_that_are_no_unicode_travel():
    odd = replace(RECORD, cell=replace(CELL, dataset="caf\udce9"))
    assert from_bytes(to_bytes(odd), "x") == odd and filename(odd).isascii()


def test_read_all_is_in_the_order_of_names(tmp_path):
    for record in (RECORD, replace(RECORD, cell=replace(CELL, attack="bra"))):
        (tmp_path / filename(record)).write_bytes(to_bytes(record))
    (tmp_path / "notes.txt").write_text("not a record")
    assert [r.cell.attack for r in read_all(tmp_path)] == ["bra", "pea:suppress=0.5"]
    with pytest.raises(UserError, match="no such directory"):
        read_all(tmp_path / "nowhere")


def test_a_folder_reads_only_what_was_replaced(tmp_path, monkeypatch):
    kept, changed, gone, new = (replace(RECORD, cell=replace(CELL, seed=seed)) for seed in (3, 4, 5, 6))
    for record in (kept, changed, gone):
        write_atomically(tmp_path / filename(record), to_bytes(record))
    folder, parsed = RecordReader(tmp_path), []
    assert list(folder.read().values()) == read_all(tmp_path) == [kept, changed, gone]
    monkeypatch.setattr(records, "from_bytes", lambda data, name: parsed.append(name) or from_bytes(data, name))
    again = replace(changed, chance={"all": {"HIT@5": 0.4}})
    assert len(to_bytes(again)) == len(to_bytes(changed))
    write_atomically(tmp_path / filename(changed), to_bytes(again))
    write_atomically(tmp_path / filename(new), to_bytes(new))
    (tmp_path / filename(gone)).unlink()
    (tmp_path / "notes.txt").write_text("no record")
    assert folder.read() == {filename(record): record for record in (kept, again, new)}
    assert parsed == [str(tmp_path / filename(changed)), str(tmp_path / filename(new))]
