"""Where, how many at once and in which order stages run changes no byte of a record."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("workers", [1, 2])
def test_processes_give_what_serial_gives(finished, whole, process, contents, tmp_path, workers):
    options = ["--store", tmp_path / "other", "--out", tmp_path / "processes", "--workers", workers]
    done = process("run", *whole, *options)
    assert done.code == 0, done.err
    assert done.computed == len(
        [path for path in (tmp_path / "other").iterdir() if path.is_dir() and path.name != ".runs"]
    )
    assert contents(tmp_path / "processes") == contents(finished.out)


def test_the_order_of_attacks_and_modes_changes_nothing(finished, whole, rbench, contents, tmp_path):
    turned = [{"bra,pea": "pea,bra", "direct,pt": "pt,direct"}.get(word, word) for word in whole]
    assert turned != whole
    options = ["--store", tmp_path / "other", "--out", tmp_path / "turned", "--executor", "serial"]
    done = rbench("run", *turned, *options)
    assert done.code == 0, done.err
    assert contents(tmp_path / "turned") == contents(finished.out)


def test_a_part_of_the_grid_gives_the_same_records(finished, small, rbench, contents, tmp_path):
    options = ["--store", tmp_path / "other", "--out", tmp_path / "part", "--executor", "serial"]
    assert rbench("run", *small, *options).code == 0
    part = contents(tmp_path / "part" / "records")
    assert len(part) == 3
    assert part.items() < contents(finished.out / "records").items()


def test_two_runs_at_once_share_a_store_and_a_folder(finished, small, contents, tmp_path):
    command = [sys.executable, "-m", "rbench", "run", *small, "--executor", "serial"]
    command += ["--store", str(tmp_path / "other"), "--out", str(tmp_path / "both")]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for run in runs:
        _, err = run.communicate(timeout=100)
        assert (run.returncode, err) == (0, "")
    both = contents(tmp_path / "both" / "records")
    assert len(both) == 3 and both.items() < contents(finished.out / "records").items()
