"""A grid whose rankings are for a draw of the platform's users."""

from __future__ import annotations

import json

import pytest

OPTIONS = ["--attacks", "bra", "--modes", "direct", "--defenses", "kmeans", "--seeds", "1", "--executor", "serial"]
USERS = "--set=checkerboard.users=900"


def test_the_number_of_users_stands_in_records_and_captions(rbench, size, tmp_path):
    done = rbench("run", *size, USERS, *OPTIONS, "--set=rank.users=290", "--out", "drawn")
    assert done.code == 0, done.err
    records = [json.loads(path.read_text()) for path in (tmp_path / "drawn" / "records").iterdir()]
    assert len(records) == 5 and all(record["protocol"]["rank.users"] == 290 for record in records)
    assert "rank.users: 290" in (tmp_path / "drawn" / "leaderboard.md").read_text()
    shares = [record["metrics"]["all"]["HR@10"] * 290 for record in records if "HR@10" in record["metrics"]["all"]]
    assert shares == pytest.approx([round(share) for share in shares], abs=1e-9)
    assert rbench("report", "drawn", "--check").code == 0


def test_by_default_small_data_are_ranked_for_all(finished):
    for path in (finished.out / "records").iterdir():
        assert "rank.users" not in json.loads(path.read_text())["protocol"]
