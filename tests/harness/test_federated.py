"""The federated scenario through the whole house: one command, its tables, its pictures, its wrong inputs."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import sys
from dataclasses import asdict, replace

import numpy as np
import pytest

from rbench.benchmark.cli import main
from rbench.benchmark.grid import resolve as grid
from rbench.benchmark.run import executors
from rbench.benchmark.run.executors import processors
from rbench.benchmark.scenarios.federated.checks import check
from rbench.benchmark.stages.stage import Stage
from rbench.core.errors import UserError
from rbench.core.records.folder import read_all
from rbench.datasets import resolve
from rbench.models.federation.settings import FederationConfig

SIZE = (
    *("--datasets", "checkerboard", "--seeds", "2"),
    *("--set", "checkerboard.users=60", "--set", "checkerboard.items=48", "--set", "checkerboard.longest=10"),
    *("--set", "federation.epochs=11", "--set", "federation.clients_per_round=16", "--set", "federation.lr=0.05"),
)
ATTACKS = ("--attacks", "a-ra:malicious=0.1,eb:malicious=0.1")


def command(*arguments):
    """Run a command line in this process; returns exit code, output and messages."""
    out, err, kept = io.StringIO(), io.StringIO(), sys.argv
    sys.argv = ["rbench", *map(str, arguments)]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as left:
            main()
    finally:
        sys.argv = kept
    return int(left.value.code or 0), out.getvalue(), err.getvalue()


@pytest.fixture(scope="module")
def federated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("federated")
    more = ("--defenses", "none,median", "--set", "federated-targets.runs=2", "--executor", "serial")
    given = (*ATTACKS, *SIZE, *more, "--out", folder / "out", "--store", folder / "store")
    return command("run", *given), folder / "out", given


def test_processes_and_threads_change_no_byte(federated, tmp_path):
    """In one process a stage may use all processors, in several only one."""
    _, out, given = federated
    options = (*given[: given.index("--executor")], "--workers", processors())
    code, _, complaint = command("run", *options, "--out", tmp_path / "out", "--store", tmp_path / "store")
    assert code == 0, complaint
    records = {path.name: path.read_bytes() for path in (out / "records").iterdir()}
    assert records == {path.name: path.read_bytes() for path in (tmp_path / "out" / "records").iterdir()}
    assert executors.registry.get("local")(processors()).threads == 1
    assert executors.registry.get("serial")(None).threads == processors()


def test_one_command_gives_a_leaderboard(federated):
    (code, said, complaint), out, _ = federated
    assert code == 0, complaint
    # No attack and two attacks, under the sum and under the median, two seeds.
    assert "12 cells done, 0 failed" in said
    page = (out / "leaderboard.md").read_text("utf-8")
    for heading in ("### Exposure", "### Attacks against aggregators", "### Every target"):
        assert heading in page
    assert "malicious clients: 6" in page
    records = read_all(out / "records")
    assert {(r.cell.mode, r.cell.model) for r in records} == {("direct", "ncf")}
    assert all(r.protocol["scenario"] == "federated" and len(r.targets) == 2 for r in records)


def test_another_victim_in_the_same_grid(tmp_path):
    """Matrix factorisation has no fast way of its own: attacks and aggregators go through the interface."""
    more = ("--models", "mf", "--attacks", "a-ra:malicious=0.3,eb:malicious=0.3", "--defenses", "none,median")
    more += ("--set", "federation.client_loss=sum", "--set", "mf.item_bias=true", "--executor", "serial")
    code, said, complaint = command("run", *SIZE, *more, "--out", tmp_path / "out", "--store", tmp_path / "store")
    assert code == 0, complaint
    assert "12 cells done, 0 failed" in said
    records = read_all(tmp_path / "out" / "records")
    assert {r.cell.model for r in records} == {"mf"}
    found = {(r.cell.attack, r.cell.defense, r.cell.seed): r.metrics["all"] for r in records}
    for seed in (0, 1):
        assert found["eb:malicious=0.3", "none", seed]["ER@5"] > found["clean", "none", seed]["ER@5"]
        assert found["clean", "median", seed] != found["clean", "none", seed]


def test_what_an_aggregator_says_of_clients_stands_beside_exposure(tmp_path):
    """Attackers who adapt, rules that build on others, and a victim without layers, through one grid."""
    attacks = "pieck-uea:malicious=0.3,min-max:malicious=0.3"
    more = ("--models", "mf", "--attacks", attacks, "--defenses", "none,norm-bound,nnm", "--executor", "serial")
    more += ("--set", "federation.client_loss=sum", "--set", "federation.epochs=2", "--seeds", "1")
    code, said, complaint = command("run", *SIZE, *more, "--out", tmp_path / "out", "--store", tmp_path / "store")
    assert code == 0, complaint
    assert "9 cells done, 0 failed" in said
    found = {(r.cell.attack, r.cell.defense): r.metrics["all"] for r in read_all(tmp_path / "out" / "records")}
    assert 0 <= found["min-max:malicious=0.3", "norm-bound"]["client AP"] <= 1
    assert found["clean", "norm-bound"]["client AP"] is None
    assert 0 <= found["clean", "norm-bound"]["client false alarms"] <= 1
    assert all("client AP" not in found["min-max:malicious=0.3", other] for other in ("none", "nnm"))
    assert "### Malicious clients" in (tmp_path / "out" / "leaderboard.md").read_text("utf-8")


def test_a_clean_training_serves_all_draws_of_targets(federated):
    _, out, _ = federated
    trained = {
        r.cell: [s for role, s in r.stages.items() if role.startswith("run-")] for r in read_all(out / "records")
    }
    assert {len(stages) for cell, stages in trained.items() if cell.attack == "clean"} == {1}
    assert {len(stages) for cell, stages in trained.items() if cell.attack != "clean"} == {2}


def test_a_metric_is_what_the_epochs_say(federated):
    _, out, _ = federated
    for record in read_all(out / "records"):
        metrics, curve = record.metrics["all"], record.log["measure"]["epochs"]["ER@5"]
        assert len(curve) == 11
        assert metrics["ER@5"] == curve[-1] and metrics["ER@5 peak"] == max(curve)
        assert metrics["ER@5 floor"] == min(curve[9:])
        ends = record.log["measure"]["targets"]["ER@5"]
        assert metrics["ER@5"] == pytest.approx(sum(ends) / 2)


def test_the_epochs_file_is_rebuilt_and_checked(federated, rbench):
    _, out, _ = federated
    rows = list(csv.DictReader((out / "epochs.csv").open(encoding="utf-8")))
    assert {row["epoch"] for row in rows} == {str(n) for n in range(1, 12)}
    assert rbench("report", out, "--check").code == 0
    (out / "epochs.csv").write_text("edited\n", "utf-8")
    assert "epochs.csv" in rbench("report", out, "--check").err
    rbench("report", out)
    assert rbench("report", out, "--check").code == 0


def test_the_picture_has_a_panel_for_each_length(federated, rbench):
    pytest.importorskip("matplotlib")
    _, out, _ = federated
    done = rbench("plot", out)
    pictures = [f"{name}.{kind}" for name in ("trade-off", "defenses", "aggregators") for kind in ("svg", "pdf")]
    assert done.code == 0 and done.out.splitlines() == [str(out / name) for name in ("exposure.svg", *pictures)]
    assert (out / "exposure.svg").read_bytes().startswith(b"<?xml")


def test_again_there_is_nothing_to_do(federated, rbench):
    _, _, given = federated
    assert rbench("run", *given).computed == 0


def test_the_scenario_follows_from_the_attacks():
    [ask] = grid.by_scenario(grid.Request(attacks=("a-hum",)))
    assert (ask.scenario.name, ask.modes, ask.models, ask.defenses) == ("federated", ("direct",), ("ncf",), ("none",))
    [ask] = grid.by_scenario(grid.Request())
    assert ask.scenario.name == "pretrained" and "bra" in ask.attacks
    [ask] = grid.by_scenario(grid.Request(attacks=("clean",), models=("ncf",)))
    assert ask.scenario.name == "federated" and ask.attacks == ()


def test_two_scenarios_in_one_grid_share_the_data_and_nothing_else(planned):
    plan = planned(attacks=("bra", "eb:malicious=0.1"), modes=("direct",), defenses=None)
    kinds = {(cell.cell.attack, cell.cell.model): cell.stages for cell in plan.cells}
    assert set(kinds) >= {("bra", "sasrec"), ("eb:malicious=0.1", "ncf"), ("clean", "sasrec"), ("clean", "ncf")}
    federated, pretrained = kinds["eb:malicious=0.1", "ncf"], kinds["bra", "sasrec"]
    assert set(federated.values()) & set(pretrained.values()) == {federated["dataset"]}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--attacks", "eb:malicious=0.001"), "smallest share that gives one"),
        ((*ATTACKS, "--modes", "ft"), "the scenario federated has only direct"),
        ((*ATTACKS, "--defenses", "kmeans"), "kmeans: works in the scenario pretrained"),
        (
            ("--attacks", "bra", "--defenses", "median"),
            "--defenses median: works in the scenario federated, and this grid is in pretrained, where --defenses "
            "takes acceptance, ",
        ),
        ((*ATTACKS, "--set", "federated-targets.runs=49"), "need 49, and checkerboard has 48"),
        ((*ATTACKS, "--set", "federation.accuracy_at=49"), "longer than the 48 items"),
        ((*ATTACKS, "--defenses", "krum:byzantine=0.45", "--set", "federation.clients_per_round=8"), "more than"),
    ],
)
def test_what_cannot_work_is_said_in_one_sentence(rbench, tmp_path, given, said):
    done = rbench("run", *SIZE, *given, "--out", tmp_path / "out", "--store", tmp_path / "store")
    assert done.code == 2 and said in done.err
    assert "Traceback (" not in done.err


def test_a_target_that_every_user_has_is_refused():
    data = resolve("checkerboard").open().load()
    everywhere = replace(data, items=np.ones_like(data.items))
    federation = asdict(FederationConfig(exposure_at=(5,), accuracy_at=5))
    params = {"sections": {"federation": federation}, "attack": None, "aggregator": None}
    stage = Stage("federate", "clean", 1, params, 0, {"dataset": "data", "targets": "targets"})
    with pytest.raises(UserError, match="every user of checkerboard has the target item"):
        check([stage], {"data": everywhere, "targets": {"runs": [[1]]}}.__getitem__)
    check([stage], {"data": everywhere, "targets": {"runs": [[2]]}}.__getitem__)


def test_records_hold_no_user(federated):
    _, out, _ = federated
    for path in (out / "records").glob("*.json"):
        assert "user_ids" not in json.dumps(json.loads(path.read_text("utf-8")))
