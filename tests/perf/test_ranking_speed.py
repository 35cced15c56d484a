"""Ranking 130,000 items: ours, with masks, ranks and checks, against the bare matrix product and top-k."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from publishing import Task

from rbench.benchmark.run.memory import keep_freed_memory

USERS, PLATFORM, ROUNDS = 2_000, 31_000, 3
"""A sample of the paper's platform users: time is in proportion to them, block by block."""
TASK = Task(
    "ranking",
    "Rank 130,000 items: top 100 and the true item, history masked",
    "s",
    "bare product and topk",
    'make perf ARGS="-k ranking"',
    "Width 64, one thread, in blocks, freed memory kept as in a stage. The peer multiplies vectors that are there "
    "already, masks nothing and ranks no true item.",
)


def test_ranking_against_the_bare_product(benchmark, capsys, publish):
    from measure import interleaved
    from ranking_case import Case

    keep_freed_memory()
    case = Case(USERS)
    medians = interleaved({"bare": case.bare, "ours": case.ours}, ROUNDS)
    benchmark.pedantic(case.ours, rounds=1)
    ratio = medians["ours"] / medians["bare"]
    benchmark.extra_info |= {"users": USERS, "seconds": medians, "ratio": ratio}
    publish(TASK, f"{USERS:,} users", medians["ours"], medians["bare"], 1 / ratio)
    with capsys.disabled():
        print(
            f"\n{USERS:,} users, 130,000 items: {medians['ours']:.2f} s; bare {medians['bare']:.2f} s; "
            f"{ratio:.2f} times; 31,000 users: about {medians['ours'] / USERS * PLATFORM:.0f} s"
        )


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_ranking_memory(benchmark, capsys, publish):
    script = Path(__file__).parent / "ranking_case.py"
    found = benchmark.pedantic(
        lambda: json.loads(subprocess.run([sys.executable, str(script)], capture_output=True, check=True).stdout),
        rounds=1,
    )
    benchmark.extra_info |= found
    publish(TASK, "memory over the model", found["bytes"] / 1e6, unit="MB")
    with capsys.disabled():
        print(f"\nmemory over the model: {found['bytes'] / 1e6:,.0f} MB")
