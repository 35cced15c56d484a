from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from rbench.core.records.record import from_bytes, to_bytes

PROBE = """
import sys
sys.argv = ["rbench", *sys.argv[1:]]
from rbench.benchmark.cli import main
try:
    main()
except SystemExit as left:
    heavy = [name for name in ("torch", "recbole") if name in sys.modules]
    print(f"code {left.code or 0}; imported {heavy}")
"""


@pytest.mark.parametrize("executor", ["local", "serial"])
def test_same_command_again_computes_nothing_and_imports_no_torch(finished, whole, contents, executor):
    before = contents(finished.out)
    command = [sys.executable, "-c", PROBE, "run", *whole, "--out", finished.out, "--executor", executor]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=100, check=True)
    assert "13 cells done, 0 failed; 0 stages computed." in ended.stdout
    assert ended.stdout.endswith("code 0; imported []\n")
    assert ended.stderr == ""
    assert contents(finished.out) == before


def test_a_new_attack_runs_only_its_own_stages(finished, whole, rbench, planned, contents):
    old = planned(defenses=("kmeans",))
    new = planned(attacks=("bra", "pea", "bra-group"), defenses=("kmeans",))
    added = set(new.stages) - set(old.stages)
    assert set(old.stages) < set(new.stages)
    assert {new.stages[i].kind for i in added} == {"pretrain", "adapt", "rank", "detect", "measure"}
    there = {path.name for path in finished.store.iterdir()}
    records = contents(finished.out / "records")

    wider = [w.replace("bra,pea", "bra,pea,bra-group") for w in whole]
    done = rbench("run", *wider, "--out", finished.out, "--executor", "serial")

    assert done.code == 0, done.err
    assert done.computed == len(added)
    assert {path.name for path in finished.store.iterdir()} - there == added
    assert records.items() <= contents(finished.out / "records").items()


def test_another_folder_gets_the_same_results_from_the_store(finished, whole, rbench, contents, tmp_path):
    done = rbench("run", *whole, "--out", tmp_path / "elsewhere")
    assert done.computed == 0
    assert contents(tmp_path / "elsewhere") == contents(finished.out)


def test_lost_records_and_leaderboards_come_back(finished, whole, rbench, contents):
    before = contents(finished.out)
    for path in [*(finished.out / "records").iterdir()][::2]:
        path.unlink()
    (finished.out / "leaderboard.md").unlink()
    assert rbench("run", *whole, "--out", finished.out).computed == 0
    assert contents(finished.out) == before


@pytest.mark.parametrize("changes", [{"status": "failed", "error": "no"}, {"versions": {"rbench": "0"}}])
def test_a_record_that_would_not_be_the_same_is_made_again(finished, whole, rbench, contents, changes):
    before = contents(finished.out)
    path = min((finished.out / "records").iterdir())
    path.write_bytes(to_bytes(replace(from_bytes(path.read_bytes(), path.name), **changes)))
    assert rbench("run", *whole, "--out", finished.out, "--executor", "serial").computed == 0
    assert contents(finished.out) == before
