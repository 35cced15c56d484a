"""Attacks, modes and defenses work on every victim, one grid for several of them."""

from __future__ import annotations

import json
import math

import pytest

MODES = ("direct", "ft", "pt")
SIZES = {
    "gru4rec": {"embedding_size": 8, "hidden_size": 8},
    "gru4recf": {"embedding_size": 8, "hidden_size": 8},
    "sasrecf": {"hidden_size": 8},
    "fdsa": {"hidden_size": 8},
    "narm": {"embedding_size": 8, "hidden_size": 8},
    "caser": {"embedding_size": 8, "max_length": 4},
}


def sized(*names: str) -> list[str]:
    return [f"--set={name}.{option}={value}" for name in names for option, value in SIZES[name].items()]


def records(folder):
    return [json.loads(path.read_text("utf-8")) for path in sorted((folder / "records").iterdir())]


def test_two_victims_in_one_grid(rbench, size, tmp_path):
    grid = ["--models", "sasrec,gru4rec", "--attacks", "bra,pea", "--modes", ",".join(MODES), "--defenses", "kmeans"]
    options = [*size, *sized("gru4rec"), *grid, "--seeds", "1", "--set=pea.epochs=1", "--executor", "serial"]
    done = rbench("run", *options, "--out", "victims")
    assert done.code == 0, done.err
    found = records(tmp_path / "victims")
    cells = {(r["cell"]["model"], r["cell"]["attack"], r["cell"]["mode"], r["cell"]["defense"]) for r in found}
    assert cells == {
        (model, attack, mode, defense)
        for model in ("sasrec", "gru4rec")
        for attack in ("clean", "bra", "pea", "local")
        for mode in (MODES if attack != "local" else ("direct",))
        for defense in (("none", "kmeans") if attack != "local" else ("none",))
    }
    numbers = [v for r in found for group in r["metrics"].values() for v in group.values() if v is not None]
    assert len(numbers) > 400 and all(math.isfinite(number) for number in numbers)
    made = {
        model: {i for r in found if r["cell"]["model"] == model for i in r["stages"].values()}
        for model in ("sasrec", "gru4rec")
    }
    shared = {stage.partition("-")[0] for stage in made["sasrec"] & made["gru4rec"]}
    assert shared == {"dataset", "partition", "targets"}
    page = (tmp_path / "victims" / "leaderboard.md").read_text("utf-8")
    assert "checkerboard · sasrec" in page and "checkerboard · gru4rec" in page
    assert rbench("report", "victims", "--check").code == 0
    assert rbench("run", *options, "--out", "victims").computed == 0


@pytest.mark.parametrize("name", ["gru4recf", "sasrecf", "fdsa"])
def test_models_with_features(rbench, size, tmp_path, name):
    options = [word for word in size if "sasrec" not in word]
    grid = ["--models", name, "--attacks", "pea", "--modes", "pt", "--defenses", "none", "--seeds", "1"]
    done = rbench("run", *options, *sized(name), *grid, "--set=pea.epochs=1", "--executor", "serial", "--out", name)
    assert done.code == 0, done.err
    assert {record["cell"]["model"] for record in records(tmp_path / name)} == {name}


@pytest.mark.parametrize(("name", "attack", "modes"), [("narm", "pea", "pt"), ("caser", "bra", "direct,ft")])
def test_models_that_are_given_prefixes(rbench, size, tmp_path, name, attack, modes):
    options = [word for word in size if "sasrec" not in word]
    options += ["--models", name, "--attacks", attack, "--modes", modes, "--defenses", "kmeans", "--seeds", "1"]
    done = rbench("run", *options, *sized(name), "--set=train.share=0.5", "--executor", "serial", "--out", name)
    assert done.code == 0, done.err
    found = records(tmp_path / name)
    cells = {(r["cell"]["attack"], r["cell"]["mode"]) for r in found}
    assert cells == {(a, mode) for a in ("clean", attack) for mode in modes.split(",")} | {("local", "direct")}
    numbers = [v for r in found for group in r["metrics"].values() for v in group.values() if v is not None]
    assert len(numbers) > 50 and all(math.isfinite(number) for number in numbers)


@pytest.mark.parametrize("command", ["plan", "run"])
def test_prompts_with_models_that_take_none(rbench, tmp_path, command):
    def refused(models, attacks, modes):
        words = ["--datasets", "checkerboard", "--models", models, "--attacks", attacks, "--modes", modes]
        done = rbench(command, *words, *(["--out", "results"] if command == "run" else []))
        assert (done.code, done.out, done.err.count("\n"), list(tmp_path.iterdir())) == (2, "", 1, []), done
        return done.err

    told = refused("caser,sasrec,stamp", "bra,pea", "direct,ft,pt")
    assert told.startswith(
        "Error: pea, pt need prompts, and caser and stamp take none; leave out such models, or write "
    )
    assert "--attacks bra --modes direct,ft (" in told and "narm, sasrec" in told
    told = refused("caser", "bra", "pt")
    assert told.startswith("Error: pt needs prompts, and caser takes none") and "--modes direct (" in told


@pytest.mark.parametrize("command", ["plan", "run"])
def test_repairs_of_a_table_that_scores_do_not_come_from(rbench, tmp_path, command):
    words = ["--datasets", "checkerboard", "--models", "bert4rec,core,sasrec", "--attacks", "bra", "--modes", "direct"]
    words += ["--defenses", "none,combined+clip-alignment,nad", *(["--out", "results"] if command == "run" else [])]
    done = rbench(command, *words)
    assert (done.code, done.out, list(tmp_path.iterdir())) == (2, "", [])
    assert done.err == (
        "Error: clip-alignment, nad need scores that are products with the item table, and those of bert4rec and core "
        "are not; leave out such defenses or such models.\n"
    )


def test_several_models_of_recbole_in_one_grid(rbench, size, tmp_path):
    """Two of them have cells of their own, and bert4rec goes the same ways as others."""
    labels = ["bert4rec", "recbole:max_length=4:model=NPE", "recbole:model=SHAN:options=embedding_size=8"]
    options = [word for word in size if "sasrec" not in word] + ["--set=bert4rec.hidden_size=8"]
    grid = ["--models", ",".join(labels), "--attacks", "bra", "--modes", "direct,ft", "--defenses", "kmeans"]
    done = rbench("run", *options, *grid, "--seeds", "1", "--executor", "serial", "--out", "open")
    assert done.code == 0, done.err
    found = records(tmp_path / "open")
    assert {record["cell"]["model"] for record in found} == set(labels)
    page = (tmp_path / "open" / "leaderboard.md").read_text("utf-8")
    assert all(f"checkerboard · {label}" in page for label in labels)
    assert rbench("report", "open", "--check").code == 0


@pytest.mark.parametrize(
    ("models", "told"),
    [
        ("core", "train.loss=bpr: core has no such loss; --set train.loss=softmax chooses the one that it has."),
        ("recbole", "recbole: name a model of RecBole's, e.g. recbole:model=NARM; see docs/victims.md."),
        ("recbole:model=NARN", "unknown sequential model of RecBole 'NARN'; did you mean NARM"),
        ("recbole:model=DIN", "DIN of RecBole cannot be a victim: it scores one item at a time"),
        (
            "recbole:model=TransRec:options=nh=2",
            "recbole: 'nh=2' is no option=value of TransRec",
        ),
        ("sasrec,recbole:model=RepeatNet", "train.loss=bpr: recbole:model=RepeatNet has no such loss"),
    ],
)
@pytest.mark.parametrize("command", ["plan", "run"])
def test_what_a_model_of_recbole_cannot_do_is_refused_before_any_work(rbench, tmp_path, command, models, told):
    words = ["--datasets", "checkerboard", "--models", models, "--attacks", "bra", "--modes", "direct"]
    done = rbench(command, *words, *(["--out", "results"] if command == "run" else []))
    assert (done.code, done.out, done.err.count("\n"), list(tmp_path.iterdir())) == (2, "", 1, []), done
    assert done.err.startswith(f"Error: {told}")
