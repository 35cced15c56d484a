"""What a run calls its stages, and what it says at its end."""

from __future__ import annotations

from pathlib import Path

from rbench.benchmark.run.progress.closing import closing
from rbench.benchmark.run.progress.labels import labels


def test_a_stage_is_called_after_what_its_cells_have_in_common(planned):
    plan = planned(attacks=("bra", "pea:suppress=0"), modes=("direct", "ft"), defenses=("kmeans",), seeds=(0, 4))
    of = {(c.cell.attack, c.cell.mode, c.cell.defense, c.cell.seed): c.stages for c in plan.cells}
    called = labels(plan)
    assert {*called} == {*plan.stages}
    stages = of["bra", "ft", "kmeans", 4]
    assert {role: called[stages[role]] for role in stages} == {
        "dataset": "dataset checkerboard",
        "partition": "partition checkerboard",
        "targets": "targets checkerboard · seed 4",
        "pretrain": "pretrain bra · sasrec · checkerboard · seed 4",
        "adapt": "adapt ft · bra · sasrec · checkerboard · seed 4",
        "rank": "rank ft · bra · sasrec · checkerboard · seed 4",
        "detect": "detect kmeans · bra · ft · sasrec · checkerboard · seed 4",
        "measure": "measure detection · bra · kmeans · ft · sasrec · checkerboard · seed 4",
    }
    assert called[of["pea:suppress=0", "ft", "none", 0]["pretrain"]] == (
        "pretrain pea:suppress=0 · sasrec · checkerboard · seed 0"
    )
    assert called[of["local", "direct", "none", 0]["rank"]] == "rank local · sasrec · checkerboard · seed 0"
    assert len(set(called.values())) == len(called)


def test_stages_that_no_cell_names_are_called_after_those_that_read_them(planned):
    plan = planned(attacks=("bra",), modes=("direct", "ft"), defenses=("references:models=3",), seeds=(0, 4))
    called = [label for stage, label in labels(plan).items() if stage.startswith("reference-")]
    told = "references:models=3 · sasrec · checkerboard"
    assert called == [f"reference {k} · {told} · seed {seed}" for seed in (0, 4) for k in (1, 2, 3)]


def test_the_only_mode_says_nothing_of_a_training(planned):
    plan = planned(attacks=("bra",), modes=("ft",))
    called = set(labels(plan).values())
    assert "pretrain bra · sasrec · checkerboard · seed 0" in called
    assert "rank ft · bra · sasrec · checkerboard · seed 0" in called


def test_draws_of_targets_are_told_apart(planned):
    options = ("federated-targets.runs=3", "federation.exposure_at=5", "federation.accuracy_at=5")
    plan = planned(*options, attacks=("a-ra",), modes=("direct",), defenses=("median",))
    called = [label for stage, label in labels(plan).items() if stage.startswith("federate-a-ra-")]
    assert called == [
        f"federate a-ra{defense} · ncf · checkerboard · run-{run:03d} · seed 0"
        for defense in ("", " · median")
        for run in range(3)
    ]


def test_stages_without_cells_have_names_too(planned):
    plan = planned()
    plan.cells.clear()
    assert "pretrain bra" in labels(plan).values()


def test_the_last_lines_of_a_run():
    out, written = Path("my results"), [Path("my results/leaderboard.md"), Path("my results/leaderboard.csv")]
    lines = ["Results: my results/leaderboard.md, my results/leaderboard.csv", "Records: my results/records"]
    check = "Next: rbench report 'my results' --check"
    for seeds, wanted in (((0, 1, 2), "5"), ((0,), "5"), ((3, 7), "3,7,8,9,10"), ((1, 2, 3, 4), "1,2,3,4,5")):
        more = f"{check}, or more seeds: the same command with --seeds {wanted}"
        assert closing(str(out), list(map(str, written)), quick=False, seeds=seeds, failed=False) == [*lines, more]
    assert closing(str(out), list(map(str, written)), quick=False, seeds=range(5), failed=False) == [*lines, check]
    for chosen in (True, False):
        *_, failed = closing(str(out), list(map(str, written)), quick=chosen, seeds=(0,), failed=True)
        assert "the same command again" in failed and "--seeds" not in failed and "--quick" not in failed
    quick = closing(str(out), list(map(str, written)), quick=True, seeds=(0,), failed=False)
    assert quick[:2] == lines
    assert (
        "do not cite them" in quick[2] and quick[3] == "Next: the full run, which is the same command without --quick"
    )
    assert not any("--seeds" in line for line in quick)
