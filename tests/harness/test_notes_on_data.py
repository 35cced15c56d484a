"""What may be wrong with a log is told after a run and under its tables; a given split is part of the protocol."""

from __future__ import annotations

import json
from pathlib import Path

GRID = ["--attacks", "clean", "--modes", "direct", "--defenses", "none", "--seeds", "1", "--executor", "serial"]


def shop(folder: Path, rows: dict[str, str]) -> Path:
    folder.mkdir()
    for name, text in rows.items():
        (folder / f"{name}.csv").write_text("user_id,item_id,timestamp\n" + text)
    return folder


def test_notes(rbench, size, tmp_path):
    small = [word for word in size if word.startswith(("--set=train", "--set=sasrec"))]
    rows = "".join(f"u{u},i{(u + k) % 12},{k}\n" for u in range(60) for k in range(3 + u % 7))
    rows += "".join(f"NULL,i{k % 12},{k}\n" for k in range(9))
    folder = shop(tmp_path / "shop", {"log": rows})
    out, options = tmp_path / "out", ["--datasets", folder, *small, *GRID, "--set", "targets.count=2"]
    done = rbench("run", *options, "--out", out, "--store", tmp_path / "store")
    assert done.code == 0, done.err
    note = "have the user 'NULL'; if that stands for a missing one, set missing"
    assert note in done.out and note in (out / "leaderboard.md").read_text("utf-8")
    records = [json.loads(path.read_text()) for path in (out / "records").iterdir()]
    assert all([note in text for text in record["log"]["dataset"]["notes"]] == [True] for record in records)
    assert all(record["protocol"]["split"].startswith("leave-one-out") for record in records)
    assert rbench("report", out, "--check").code == 0


def test_a_given_split(rbench, size, tmp_path):
    small = [word for word in size if word.startswith(("--set=train", "--set=sasrec"))]
    parts = {
        "train": "".join(f"u{u},i{(u + k) % 12},{k}\n" for u in range(60) for k in range(1 + u % 7)),
        "valid": "".join(f"u{u},i{(u + 7) % 12},0\n" for u in range(60)),
        "test": "".join(f"u{u},i{(u + 8) % 12},0\n" for u in range(60)),
    }
    folder = shop(tmp_path / "shop", parts)
    (folder / "rbench.toml").write_text('split = ["train.csv", "valid.csv", "test.csv"]\n')
    out, options = tmp_path / "out", ["--datasets", folder, *small, *GRID, "--set", "targets.count=2"]
    done = rbench("run", *options, "--out", out, "--store", tmp_path / "store")
    assert done.code == 0, done.err
    assert "split: given: train train.csv, valid valid.csv, test test.csv" in (out / "leaderboard.md").read_text(
        "utf-8"
    )
