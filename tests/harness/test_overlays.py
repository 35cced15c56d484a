"""Options for single models lie over a preset's or a file's, under what comes later."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbench import attacks, models
from rbench.benchmark.grid.options import load_preset, preset_names
from rbench.benchmark.grid.overlays import WITH, for_model

names = st.sampled_from(["train", "bra", "gru4rec"])
layers = st.dictionaries(names, st.dictionaries(st.sampled_from(["lr", "rate"]), st.integers()))


@given(own=layers, overlays=st.dictionaries(st.sampled_from(["gru4rec", "narm"]), layers))
def test_an_overlay_is_laid_over_for_its_model_alone(own, overlays) -> None:
    found = for_model({**own, WITH: overlays}, "gru4rec")
    over = overlays.get("gru4rec", {})
    assert {*found} == {*own, *over}
    for section, options in found.items():
        for option, value in options.items():
            assert value == over.get(section, {}).get(option, own.get(section, {}).get(option))
        assert {*options} == {*own.get(section, {}), *over.get(section, {})}
    assert for_model({**own, WITH: overlays}, "sasrec") == own


MODELS = ("sasrec", "gru4rec")
PRESET = """
[tuned]
model = "sasrec"

[train]
lr = 0.01
epochs = 3

[bra]
rate = 0.1

[with.gru4rec.tuned]
model = "gru4rec"
rates = "sasrec"

[with.gru4rec.train]
lr = 0.02
epochs = 4

[with.gru4rec.bra]
rate = 0.2

[with.gru4rec.gru4rec]
dropout = 0.4
"""


@pytest.mark.parametrize(
    ("words", "file", "lr", "epochs", "rate"),
    [
        ([], "", 0.02, 4, 0.2),
        (["--quick"], "", 0.02, 10, 0.2),
        (["--set", "train.lr=0.05"], "", 0.05, 4, 0.2),
        ([], "[train]\nlr = 0.03\n", 0.03, 4, 0.2),
        ([], "[train]\nlr = 0.03\n[with.gru4rec.train]\nlr = 0.04\n", 0.04, 4, 0.2),
        (["--set", "train.lr=0.05"], "[with.gru4rec.train]\nlr = 0.04\n", 0.05, 4, 0.2),
        (["--attacks", "bra:rate=0.3"], "", 0.02, 4, 0.3),
        ([], "[with.sasrec.train]\nlr = 0.04\n", 0.02, 4, 0.2),
    ],
)
def test_what_comes_later_stands_over_overlays(rbench, tmp_path: Path, words, file, lr, epochs, rate) -> None:
    (tmp_path / "own.toml").write_text(PRESET, "utf-8")
    (tmp_path / "file.toml").write_text(file, "utf-8")
    grid = ["--datasets", "checkerboard", "--attacks", "bra", "--modes", "direct", "--preset", "own.toml"]
    done = rbench("plan", "-v", *grid, "--config", "file.toml", "--models", "gru4rec,sasrec", *words)
    assert done.code == 0, done.err
    told = done.out.partition("options that are not at their defaults:")[2].partition("\n\n")[0].replace("\n    ", " ")
    ours, theirs = (told.partition(f"  {model} on checkerboard: ")[2].partition("\n")[0] for model in reversed(MODELS))
    assert {f"train.lr={lr}", f"train.epochs={epochs}", "gru4rec.dropout=0.4"} <= {*ours.split(", ")}
    assert f"rate={rate}" in ours
    assert theirs and "gru4rec" not in theirs and "train.lr=0.02" not in theirs
    [note] = [line for line in done.out.splitlines() if line.startswith("Note: ")]
    said = "the attacks' rates of the preset own.toml"
    assert note.startswith(f"Note: gru4rec on checkerboard: {said}") and "chosen with sasrec, not with gru4rec" in note


@pytest.mark.parametrize(
    ("text", "needle"),
    [
        ("[with.gru5rec.train]\nlr = 1.0\n", "did you mean gru4rec"),
        ("[with.gru4rec.trian]\nlr = 1.0\n", "did you mean train"),
        ("[with.gru4rec.sasrec]\ndropout = 0.1\n", "[with.gru4rec.sasrec]"),
        ("[with.gru4rec.train]\nlrr = 1.0\n", "did you mean lr"),
        ("[with]\ngru4rec = 3\n", "options for single models"),
        ("with = 3\n", "options for single models"),
        ("[with.gru4rec]\ntrain = 3\n", "should be a table"),
    ],
)
def test_what_an_overlay_says_wrongly_is_refused(rbench, tmp_path: Path, text: str, needle: str) -> None:
    (tmp_path / "wrong.toml").write_text(text, "utf-8")
    for option in ("--preset", "--config"):
        done = rbench("plan", "--datasets", "checkerboard", "--models", "gru4rec", option, "wrong.toml")
        assert done.code == 2 and needle in done.err.lower() and done.err.count("\n") == 1, done.err


def test_tuned_is_no_section_of_a_file(rbench, size, tmp_path: Path) -> None:
    (tmp_path / "file.toml").write_text('[with.gru4rec.tuned]\nmodel = "gru4rec"\n', "utf-8")
    assert "[with.gru4rec.tuned]" in rbench("plan", *size, "--config", "file.toml").err


def test_overlays_of_the_presets_are_of_models_and_attacks_that_there_are(rbench) -> None:
    seen = set()
    for name in preset_names():
        for model, overlay in load_preset(name).get(WITH, {}).items():
            assert overlay["tuned"]["model"] == model and overlay["tuned"]["rates"] in ("sasrec", model, "none")
            assert model in models.registry.names()
            assert overlay["tuned"]["rates"] == model or not {*overlay} & {*attacks.registry.names()}
            done = rbench("plan", "--datasets", name, "--models", model, "--attacks", "clean", "--seeds", "1")
            assert done.code == 0 and "Note" not in done.out, done.err
            seen.add((name, model))
    assert ("ml-100k", "gru4rec") in seen


def test_one_leaderboard_with_the_schedule_of_each_model(rbench, size, tmp_path: Path) -> None:
    sized = [word for word in size if not word.startswith("--set=train")]
    (tmp_path / "own.toml").write_text(PRESET, "utf-8")
    small = ["--set=gru4rec.embedding_size=8", "--set=gru4rec.hidden_size=8", "--preset", "own.toml"]
    grid = ["--attacks", "bra", "--modes", "direct,ft", "--defenses", "none", "--seeds", "1", "--executor", "serial"]
    done = rbench("run", *sized, *small, *grid, "--models", ",".join(MODELS), "--out", "out")
    assert done.code == 0, done.err
    folder = tmp_path / "out"
    assert {path.name for path in folder.glob("leaderboard*")} == {"leaderboard.csv", "leaderboard.md"}
    page = (folder / "leaderboard.md").read_text("utf-8")
    assert "several protocols" not in page
    sasrec, gru4rec = (page.partition(f"## checkerboard · {model} ")[2].partition("\n## ")[0] for model in MODELS)
    assert "train.lr: 0.01;" in sasrec and "rates: chosen" not in sasrec.partition("```")[0]
    assert "rates: chosen with sasrec, not with gru4rec; train.lr: 0.02;" in gru4rec
    found = [json.loads(path.read_text("utf-8")) for path in (folder / "records").iterdir()]
    [log] = [
        r["log"]["adapt"]
        for r in found
        if (r["cell"]["model"], r["cell"]["attack"]) == ("sasrec", "clean") and r["cell"]["mode"] == "ft"
    ]
    steps = log["steps"] / log["epochs"]
    assert steps == 1, "18 of the 60 users are the platform's, and a batch has 32"
    assert "The platform trained, in the mean over attacks and seeds: ft 1 steps an epoch × 1 epochs." in sasrec
    assert rbench("report", "out", "--check").code == 0
    assert rbench("compare", "out", "out").code == 0
