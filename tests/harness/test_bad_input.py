"""What the user got wrong: one sentence that names it, exit code 2, nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("arguments", "needles"),
    [
        (["--attacks", "bra-grup"], ["'bra-grup'", "bra-group"]),
        (["--attacks", "zzz"], ["'zzz'", "known: a-hum, a-hum-group, a-ra"]),
        (["--modes", "dirct"], ["'dirct'", "direct"]),
        (["--datasets", "checkerbord"], ["'checkerbord'", "checkerboard", "folder"]),
        (["--defenses", "kmean"], ["'kmean'", "kmeans"]),
        (["--models", "sasrek"], ["'sasrek'", "sasrec"]),
        (["--executor", "seral"], ["'seral'", "serial"]),
        (["--preset", "papr"], ["'papr'", "paper", ".toml"]),
        (["--preset", "nowhere.toml"], ["nowhere.toml", "No such file"]),
        (["--set", "bra"], ["--set bra", "section.option=value"]),
        (["--set", "bra.rate"], ["--set bra.rate", "section.option=value"]),
        (["--set", "rate=0.1"], ["--set rate=0.1", "section.option=value"]),
        (["--set", "bar.rate=0.1"], ["--set", "'bar'", "bra"]),
        (["--attacks", "bra", "--set", "pea.rate=0.1"], ["--set pea.rate", "pea is not in this grid", "bra"]),
        (["--set", "ml-100k.platform=quantile:0.5"], ["--set ml-100k.platform", "not in this grid", "checkerboard"]),
        (["--set", "ncf.dim=8"], ["--set ncf.dim", "not in this grid", "sasrec"]),
        (["--defenses", "none", "--set", "kmeans.flag=x"], ["--set kmeans.flag", "not in this grid"]),
        (["--set", "federation.epochs=3"], ["--set federation.epochs", "not in this grid", "train"]),
        (["--attacks", "clean", "--set", "clean.rate=1"], ["--set", "'clean'"]),
        (["--set", "bra.rat=0.1"], ["bra", "'rat'", "rate"]),
        (["--set", "train.epoch=1"], ["train", "'epoch'", "epochs"]),
        (["--set", "checkerboard.user=9"], ["checkerboard", "'user'", "users"]),
        (["--set", "bra.rate=1.5"], ["bra", "rate=1.5", "between 0 and 1"]),
        (["--set", "bra.rate=-0.1"], ["bra", "rate=-0.1", "between 0 and 1"]),
        (["--set", "bra.rate=much"], ["bra.rate=much", "number"]),
        (["--set", "bra.rate=nan"], ["bra", "rate=nan"]),
        (["--set", "train.lr=inf"], ["train", "lr=inf"]),
        (["--set", "train.weight_decay=nan"], ["train", "weight_decay=nan"]),
        (["--set", "train.epochs=0"], ["train.epochs=0 must be at least 1."]),
        (["--set", "train.average=1.5"], ["train", "average=1.5", "between 0 and 1"]),
        (["--set", "train.epochs=1.5"], ["train.epochs=1.5", "whole number"]),
        (["--set", "train.loss=hinge"], ["train.loss=hinge", "bpr", "softmax"]),
        (["--set", "bra.redraw=yes"], ["bra.redraw=yes", "true or false"]),
        (["--set", "rank.k=10"], ["rank", "k=10", "100"]),
        (["--attacks", "bra:rate"], ["'bra:rate'", "option=value"]),
        (["--attacks", "bra:rate=7"], ["bra.rate=7.0 must lie between 0 and 1."]),
        (["--attacks", "bra:rat=0.1"], ["'rat'", "rate"]),
        (["--attacks", "clean:rate=0.1"], ["'clean'"]),
        (["--attacks", ""], ["--attacks", "empty", "clean"]),
        (["--attacks", " , "], ["--attacks", "empty"]),
        (["--defenses", ""], ["--defenses", "empty", "none"]),
        (["--modes", ""], ["--modes", "empty"]),
        (["--datasets", ""], ["--datasets", "empty"]),
        (["--datasets", "checkerboard,checkerboard/"], ["checkerboard"]),
        (["--models", ""], ["--models", "empty"]),
        (["--seeds", "0"], ["--seeds 0", "at least one"]),
        (["--seeds", "abc"], ["--seeds abc", "whole numbers"]),
        (["--seeds", "-1"], ["--seeds -1"]),
        (["--seeds", "1,-1"], ["--seeds 1,-1", "none below 0"]),
        (["--seeds", "1.5"], ["--seeds 1.5", "whole numbers"]),
        (["--seeds", ","], ["--seeds ,", "at least one"]),
        (["--seeds", ""], ["--seeds ''", "how many"]),
        (["--seeds", "2024"], ["2024 seeds", "the most is 1000", "--seeds 2024,"]),
        (["--seeds", "9" * 20], ["9" * 20, "the most is 1000"]),
        (["--seeds", "1," + "9" * 20], ["9" * 20, "at most"]),
        (["--workers", "0"], ["--workers", "0", "x>=1"]),
        (["--workers", "two"], ["--workers", "two"]),
        (["--device", "tpu"], ["--device", "tpu", "cpu"]),
        (["--display", "loud"], ["--display", "loud", "plain"]),
        (["--nonsense"], ["--nonsense"]),
        (["--config", "nowhere.toml"], ["nowhere.toml", "No such file"]),
        (["--plugin", "nowhere.py"], ["nowhere.py", "no such file"]),
        (["--store", "nosuch://x"], ["nosuch://x", "Protocol not known"]),
        (["--set", "checkerboard.users=3"], ["users=3", "at least two"]),
        (["--set", "checkerboard.platform=most"], ["platform=most", "quantile", "max_interactions"]),
        (["--set", "checkerboard.platform=max_interactions:2"], ["max_interactions:2", "platform", "without users"]),
        (["--set", "checkerboard.platform=max_interactions:99"], ["max_interactions:99", "provider", "without users"]),
        (["--set", "checkerboard.audience=gendr:M"], ["'gendr'", "gender"]),
        (["--set", "checkerboard.audience=gender:X"], ["'X'", "F, M"]),
        (["--set", "checkerboard.audience=gender"], ["gender", "attribute:value"]),
        (["--set", "checkerboard.audience="], ["bra-group", "checkerboard.audience=attribute:value"]),
        (["--set", "targets.count=25"], ["25", "24"]),
        (["--set", "targets.count=0"], ["count=0", "at least 1"]),
        (["--set", "targets.categories=3"], ["3 categories", "2"]),
    ],
    ids=lambda value: " ".join(value) if value and value[0].startswith("--") else "",
)
def test_a_bad_option(refused, size, arguments, needles):
    given = [] if "--datasets" in arguments else size
    refused(*given, *arguments, needles=needles)


@pytest.mark.parametrize(
    ("text", "needles"),
    [
        ('[grid]\nattacks = ["bra"\nmodes = 3\n', ["line 3"]),
        ("[train]\nepochs == 3\n", ["line 2"]),
        ("[grid]\natacks = ['bra']\n", ["[grid]", "atacks", "attacks"]),
        ("grid = 3\n", ["[grid]", "3"]),
        ("[grid]\npreset = 3\n", ["[grid]", "preset = 3"]),
        ("[grid]\nquick = 'no'\n", ["[grid]", "quick = 'no'", "true"]),
        ("[grid]\nseeds = [0.5]\n", ["--seeds [0.5]", "whole numbers"]),
        ("[grid]\nseeds = true\n", ["--seeds True"]),
        ("[grid]\nseeds = []\n", ["--seeds []", "at least one"]),
        ("[grid]\nattacks = 3\n", ["--attacks 3", "names"]),
        ("[grid]\nattacks = []\n", ["--attacks", "empty"]),
        ("[grid]\nmodes = ['derect']\n", ["'derect'", "direct"]),
        ("seeds = 3\n", ["seeds belongs under a line [grid]"]),
        ("train = 3\n", ["[train]", "3"]),
        ("[trian]\nepochs = 3\n", ["'trian'", "train"]),
        ("[train]\nbatch_size = inf\n", ["train.batch_size=inf"]),
        ("[train]\nbatch_size = [1]\n", ["train.batch_size=[1]"]),
        ("[train]\nepochs = 1\nepochs = 2\n", ["line 3"]),
    ],
)
def test_a_bad_configuration_file(refused, size, tmp_path, text, needles):
    (tmp_path / "grid.toml").write_text(text)
    refused(*size, "--config", tmp_path / "grid.toml", needles=needles)


def test_a_configuration_file_that_is_no_text(refused, size, tmp_path):
    (tmp_path / "grid.toml").write_bytes(b"\xff\xfe\x00")
    refused(*size, "--config", tmp_path / "grid.toml", needles=["grid.toml"])
    refused(*size, "--config", tmp_path, needles=[str(tmp_path), "directory"])


def test_cuda_where_there_is_none(refused, size, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    refused(*size, "--device", "cuda", needles=["--device cuda", "cpu"])


def test_out_is_a_file(refused, size, tmp_path):
    (tmp_path / "file").write_text("mine")
    refused(*size, "--out", tmp_path / "file", needles=["--out", "is a file"])
    refused(*size, "--out", tmp_path / "file" / "below", needles=["--out", "cannot be written to"])


def test_out_is_somebody_elses(refused, size, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("mine")
    refused(*size, "--out", tmp_path / "thesis", needles=["thesis", "other things"])


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs a place where even root cannot write")
@pytest.mark.parametrize("option", ["--out", "--store"])
def test_an_unwritable_place(refused, size, option):
    refused(*size, option, "/proc/rbench", needles=[option, "/proc", "cannot be written to"])


def test_out_with_a_broken_record(one_sentence, rbench, finished, whole):
    broken = next(path for path in sorted((finished.out / "records").iterdir()) if path.name.startswith("checkerboard"))
    sound = broken.read_bytes()
    broken.write_text("{")
    one_sentence(rbench("report", finished.out), str(broken), "not a record")
    done = rbench("run", *whole, "--out", finished.out, "--executor", "serial")
    assert done.code == 0 and broken.read_bytes() == sound, "what is in the store is written again"
    assert not [*finished.store.glob(".*part")]


def test_report_without_records(one_sentence, rbench, tmp_path, contents):
    one_sentence(rbench("report", tmp_path / "nowhere"), "nowhere", "no such directory")
    for name in ("second", "first"):
        (tmp_path / "several" / name / "records").mkdir(parents=True)
    one_sentence(rbench("report", tmp_path / "several"), f"{tmp_path / 'several'} holds the results first, second.")
    (tmp_path / "empty" / "records").mkdir(parents=True)
    one_sentence(rbench("report", tmp_path / "empty"), "holds no records")
    one_sentence(rbench("report", "--check", tmp_path / "empty"), "holds no records")
    assert contents(tmp_path) == {}


def test_why_of_nothing(one_sentence, rbench, finished):
    one_sentence(rbench("why", "nonsense"), "nonsense", str(finished.store))
    one_sentence(rbench("why", "measure-"), "measure-", "13 stages", "could be measure-")
    one_sentence(rbench("why", "x", "--store", "nowhere"), "nowhere")
    one_sentence(rbench("why"), "STAGE-ID")


def test_unknown_commands_and_kinds(one_sentence, rbench):
    one_sentence(rbench("rum"), "rum")
    one_sentence(rbench("why", ""), "STAGE-ID is empty")
    one_sentence(rbench("plan", "--set", ""), "--set ''")
    one_sentence(rbench("list", "attack"), "'attack'", "attacks")
    one_sentence(rbench("list", "attacks", "bra-gruop"), "'bra-gruop'", "bra-group")
    one_sentence(rbench("list", "bra-gruop"), "'bra-gruop'", "bra-group")
    one_sentence(rbench("list", "qqqqqq"), "'qqqqqq'", "attacks, datasets")
    one_sentence(rbench("data", "ml-100"), "'ml-100'", "ml-100k")
    one_sentence(rbench("data", "checkerboard", "--set", "train.epochs=1"), "'train'", "checkerboard")
