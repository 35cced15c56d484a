"""Options whose results changed after publication run like all others, under ids of their own."""

from __future__ import annotations

import json

GRID = ["--attacks", "clean", "--modes", "direct,ft,pt", "--defenses", "none", "--seeds", "1", "--executor", "serial"]
CHOICES = ["--set=train.loss=softmax", "--set=sasrec.attention_dropout=0.1"]


def test_they_run_and_records_name_the_revision(rbench, size, tmp_path):
    done = rbench("run", *size, *GRID, *CHOICES, "--out", "revised")
    assert done.code == 0, done.err
    records = [json.loads(path.read_text()) for path in (tmp_path / "revised" / "records").iterdir()]
    assert [record["status"] for record in records] == ["done"] * 4
    for record in records:
        assert record["protocol"]["train.loss_revision"] == record["protocol"]["sasrec.attention_dropout_revision"] == 2
    assert rbench("report", "revised", "--check").code == 0


def test_an_option_cannot_be_set_to_a_revision(rbench, size):
    done = rbench("run", *size, *GRID, "--set=train.loss_revision=2")
    assert done.code == 2 and "unknown option of train: 'loss_revision'" in done.err
