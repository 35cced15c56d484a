"""Whoever runs a model with schedules that were chosen for another, or on other data, is told, and so are readers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rbench import models
from rbench.benchmark.grid.options import load_preset, preset_names
from rbench.benchmark.grid.tuned import Tuned

OTHER = "chosen for sasrec, not for gru4rec"


@pytest.mark.parametrize(
    ("tuned", "said"),
    [
        (Tuned(), ""),
        (Tuned("gru4rec", "ml-100k"), ""),
        (Tuned("gru4rec"), ""),
        (Tuned("sasrec"), OTHER),
        (Tuned("gru4rec", "ml-1m"), "chosen on ml-1m, not on ml-100k"),
        (Tuned("sasrec", "ml-1m"), f"{OTHER} and on ml-1m, not on ml-100k"),
    ],
)
def test_what_is_said(tuned: Tuned, said: str) -> None:
    assert tuned.otherwise("gru4rec", "ml-100k") == said


def test_presets_with_schedules_say_for_what() -> None:
    told = {name: Tuned.take(load_preset(name)) for name in preset_names() if "train" in load_preset(name)}
    assert (
        {tuned.model for name, tuned in told.items() if name not in ("quick", "audit")}
        == {"sasrec"}
        <= {*models.registry.names()}
    )
    assert {tuned.dataset for tuned in told.values()} == {"", "complete-journey", "ml-100k", "ml-1m", "synthetic-cikm"}
    assert all(tuned.dataset in ("", name) for name, tuned in told.items())


def test_plans_say_it(rbench, size) -> None:
    grid = [*size, "--attacks", "bra", "--modes", "direct"]
    done = rbench("plan", *grid, "--models", "sasrec,gru4rec")
    [note] = [line for line in done.out.splitlines() if line.startswith("Note: ")]
    assert note.startswith(f"Note: gru4rec on checkerboard: the schedules of the preset default were {OTHER}; ")
    assert "rbench tune checkerboard --models gru4rec" in note
    assert "chosen on ml-100k, not on checkerboard" in rbench("plan", *grid, "--preset", "ml-100k").out
    for other in (grid, ["--attacks", "a-ra", "--datasets", "checkerboard", "--preset", "ml-100k"]):
        assert "Note" not in rbench("plan", *other).out


def test_runs_records_and_captions_say_it(rbench, size, tmp_path: Path) -> None:
    options = ["--attacks", "clean", "--modes", "direct", "--defenses", "none", "--seeds", "1", "--executor", "serial"]
    small = ["--set=gru4rec.embedding_size=8", "--set=gru4rec.hidden_size=8"]
    done = rbench("run", *size, *small, *options, "--models", "sasrec,gru4rec", "--out", "both")
    assert done.code == 0, done.err
    assert [line.partition(":")[0] for line in done.out.splitlines()[-5:]].count("Note") == 1
    found = [json.loads(path.read_text("utf-8")) for path in (tmp_path / "both" / "records").iterdir()]
    said = {(record["cell"]["model"], record["protocol"].get("schedule")) for record in found}
    assert said == {("sasrec", None), ("gru4rec", OTHER)}
    page = (tmp_path / "both" / "leaderboard.md").read_text("utf-8")
    sasrec, gru4rec = (page.count(f"checkerboard · {name}") for name in ("sasrec", "gru4rec"))
    assert sasrec == gru4rec > 0 and page.count(f"preset: default; schedule: {OTHER}") > 0
    assert rbench("report", "both", "--check").code == 0


def test_it_is_no_part_of_an_id(planned, tmp_path: Path) -> None:
    ids = []
    for name, text in (("plain", ""), ("tuned", '[tuned]\nmodel = "gru4rec"\ndataset = "elsewhere"\n')):
        preset = tmp_path / f"{name}.toml"
        preset.write_text(f"[train]\nepochs = 2\n{text}", "utf-8")
        plan = planned(preset=str(preset))
        ids.append([*plan.stages])
        assert {cell.setting.schedule != "" for cell in plan.cells} == {name == "tuned"}
    assert ids[0] == ids[1]


@pytest.mark.parametrize(
    ("text", "needle"), [("tuned = 3\n", "should be a table"), ('[tuned]\nmodell = "sasrec"\n', "did you mean model")]
)
def test_what_a_preset_says_wrongly_is_refused(rbench, size, tmp_path: Path, text: str, needle: str) -> None:
    (tmp_path / "wrong.toml").write_text(text, "utf-8")
    done = rbench("plan", *size, "--preset", "wrong.toml")
    assert done.code == 2 and done.err.startswith("Error: ") and needle in done.err.lower(), done.err
