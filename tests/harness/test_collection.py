"""Plans and records are made without collection of cycles, stages with it."""

from __future__ import annotations

import gc

from rbench.benchmark.leaderboard import aggregate as numbers
from rbench.benchmark.run import worker as work


def test_only_stages_are_computed_with_collection(rbench, small, tmp_path, monkeypatch):
    seen = {"stage": [], "table": []}

    def watch(module, name, kind):
        function = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *given: seen[kind].append(gc.isenabled()) or function(*given))

    watch(work, "_compute", "stage")
    watch(numbers, "numbers", "table")
    assert rbench("run", *small, "--out", tmp_path / "out", "--executor", "serial").code == 0
    assert (set(seen["stage"]), seen["table"]) == ({True}, [False]), "a section's numbers are made once"
    assert gc.isenabled()
