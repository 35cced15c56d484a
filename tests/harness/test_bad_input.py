"""What the user got wrong: one sentence that names it, exit code 2, nothing written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

INTER = "user_id:token\titem_id:token\ttimestamp:float\n"
USER = "user_id:token\tgender:token\n"


def folder(path: Path, *, gender: str | None = None, active: str = "M", inter: str | None = None) -> Path:
    """Write a data set of 20 users, half of them active; ``gender`` is that of the others, None: no attributes."""
    path.mkdir()
    rows = [f"{u}\t{(u + 3 * k) % 12}\t{k}\n" for u in range(20) for k in range(4 if u % 2 else 8)]
    (path / f"{path.name}.inter").write_text(INTER + "".join(rows) if inter is None else inter)
    if gender:
        people = [f"{u}\t{gender if u % 2 else active}\n" for u in range(20)]
        (path / f"{path.name}.user").write_text(USER + "".join(people))
    return path


def one_sentence(done, *needles):
    assert done.code == 2, done
    assert all(re.match(r"\[\d+/\d+\] (dataset|partition|targets) ", line) for line in done.out.splitlines()), done.out
    assert done.err.startswith("Error: ")
    assert done.err.count("\n") == 1 and done.err.endswith("\n"), done.err
    for needle in needles:
        assert needle in done.err


@pytest.fixture
def refused(rbench, tmp_path, contents):
    """Runs what must be refused, and checks the manners."""

    def run(*arguments, needles=(), command="run"):
        before = {name for name in contents(tmp_path) if not name.startswith("store/")}
        sink = ["--out", "results"] if command == "run" and "--out" not in arguments else []
        one_sentence(rbench(command, *arguments, *sink), *needles)
        assert {name for name in contents(tmp_path) if not name.startswith("store/")} == before
        assert not (tmp_path / "results").exists()

    return run


@pytest.mark.parametrize(
    ("arguments", "needles"),
    [
        (["--attacks", "bra-grup"], ["'bra-grup'", "bra-group"]),
        (["--attacks", "zzz"], ["'zzz'", "known: a-hum, a-ra, addsent"]),
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


def test_out_with_a_broken_record(rbench, finished, whole):
    broken = next(path for path in sorted((finished.out / "records").iterdir()) if path.name.startswith("checkerboard"))
    sound = broken.read_bytes()
    broken.write_text("{")
    one_sentence(rbench("report", finished.out), str(broken), "not a record")
    done = rbench("run", *whole, "--out", finished.out, "--executor", "serial")
    assert done.code == 0 and broken.read_bytes() == sound, "what is in the store is written again"
    assert not [*finished.store.glob(".*part")]


def test_report_without_records(rbench, tmp_path, contents):
    one_sentence(rbench("report", tmp_path / "nowhere"), "nowhere", "no such directory")
    for name in ("second", "first"):
        (tmp_path / "several" / name / "records").mkdir(parents=True)
    one_sentence(rbench("report", tmp_path / "several"), f"{tmp_path / 'several'} holds the results first, second.")
    (tmp_path / "empty" / "records").mkdir(parents=True)
    one_sentence(rbench("report", tmp_path / "empty"), "holds no records")
    one_sentence(rbench("report", "--check", tmp_path / "empty"), "holds no records")
    assert contents(tmp_path) == {}


def test_why_of_nothing(rbench, finished):
    one_sentence(rbench("why", "nonsense"), "nonsense", str(finished.store))
    one_sentence(rbench("why", "measure-"), "measure-", "13 stages", "could be measure-")
    one_sentence(rbench("why", "x", "--store", "nowhere"), "nowhere")
    one_sentence(rbench("why"), "STAGE-ID")


def test_unknown_commands_and_kinds(rbench):
    one_sentence(rbench("rum"), "rum")
    one_sentence(rbench("why", ""), "STAGE-ID is empty")
    one_sentence(rbench("plan", "--set", ""), "--set ''")
    one_sentence(rbench("list", "attack"), "'attack'", "attacks")
    one_sentence(rbench("data", "ml-100"), "'ml-100'", "ml-100k")
    one_sentence(rbench("data", "checkerboard", "--set", "train.epochs=1"), "'train'", "checkerboard")


def test_a_folder_that_is_no_data_set(refused, tmp_path):
    (tmp_path / "bare").mkdir()
    refused("--datasets", "./bare", needles=["bare", "no .inter file"])
    refused("--datasets", "./missing", needles=["missing", "does not exist"])


def test_missing_columns(refused, tmp_path):
    folder(tmp_path / "thin", inter="user_id:token\ttimestamp:float\n1\t3\n")
    refused("--datasets", "./thin", "--attacks", "clean", "--modes", "direct", needles=["thin.inter", "item_id"])


def test_nobody_of_the_audience_on_the_platform(refused, tmp_path):
    folder(tmp_path / "lone", gender="F")
    refused(
        "--datasets",
        "./lone",
        "--attacks",
        "bra-group",
        "--set",
        "lone.audience=gender:M",
        needles=["gender:M", "platform"],
    )


def test_a_draw_of_users_with_next_to_nobody_of_the_audience(refused, size):
    needles = ["users with gender M are among the 5", "--set rank.users=0 ranks for all"]
    refused(*size, "--set", "rank.users=5", "--modes", "direct", "--attacks", "bra", needles=needles)


def test_a_group_attack_without_an_audience(refused, tmp_path):
    folder(tmp_path / "plain")
    options = ["--datasets", "./plain", "--modes", "direct", "--attacks"]
    refused(*options, "bra:similarity=any,bra-group", needles=["bra-group", "--set plain.audience=attribute:value"])


@pytest.mark.parametrize(
    ("attacks", "modes", "names"), [("bra:similarity=any", "direct,pt", "pt"), ("clean", "pt", "pt")]
)
def test_prompts_without_attributes(refused, tmp_path, attacks, modes, names):
    folder(tmp_path / "plain")
    options = ["--datasets", "./plain", "--attacks", attacks, "--modes", modes]
    refused(*options, needles=[f"{names} would make prompts", "plain has none"])


def test_models_with_features_on_data_without_categories(refused, tmp_path):
    folder(tmp_path / "plain")
    options = ["--datasets", "./plain", "--attacks", "clean", "--modes", "direct", "--models", "sasrec,sasrecf,fdsa"]
    refused(*options, needles=["fdsa, sasrecf: items' categories are needed", "those of plain have none"])


def test_replacement_in_categories_on_data_without(rbench, refused, tmp_path):
    folder(tmp_path / "plain")
    needles = ["bra: with similarity=category", "the items of plain have none; write bra:similarity=any"]
    options = ["--datasets", "./plain", "--modes", "direct"]
    refused(*options, "--attacks", "bra", needles=needles)
    one_sentence(rbench("plan", *options, "--attacks", "bra"), *needles)
    one_sentence(rbench("plan", *options, "--attacks", "bra-group:variant=paper"), "bra-group:variant=paper: with")
    assert rbench("plan", *options, "--attacks", "bra:similarity=any").code == 0
    one_sentence(rbench("tune", "./plain", "--attacks", "bra", "--executor", "serial"), *needles)


def test_categories_that_no_item_has(rbench, refused, tmp_path):
    folder(tmp_path / "plain")
    (tmp_path / "plain" / "plain.item").write_text("item_id:token\tgenre:token\n0\t\n1\t\n")
    needles = ["bra: with similarity=category", "the items of plain have none"]
    options = ["--datasets", "./plain", "--modes", "direct", "--attacks", "bra"]
    assert rbench("plan", *options).code == 0, "which of the columns are categories, is known when they are read"
    refused(*options, needles=needles)
    one_sentence(rbench("tune", "./plain", "--attacks", "bra", "--executor", "serial", "--display", "none"), *needles)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs a place where even root cannot write")
def test_a_preset_that_cannot_be_written(rbench, size):
    one_sentence(rbench("tune", *size, "--out", "/proc/found.toml"), "--out /proc/found.toml: /proc cannot be written")
    twice = rbench("tune", *size, "--attacks", "bra,bra:similarity=any", "--executor", "serial")
    one_sentence(twice, "a preset has one rate for a method")


def test_data_without_attributes_do_for_all_else(rbench, tmp_path, size):
    folder(tmp_path / "plain")
    small = [word for word in size if word.startswith(("--set=train", "--set=finetune", "--set=sasrec"))]
    grid = ["--attacks", "bra:similarity=any", "--modes", "direct,ft", "--seeds", "1"]
    done = rbench("run", *small, "--datasets", "./plain", *grid, "--out", "results", "--executor", "serial")
    assert done.code == 0, done.err


def test_tune_says_before_it_searches_where_it_cannot_write(rbench, size):
    one_sentence(rbench("tune", *size, "--out", "nowhere/found.toml"), "nowhere")
    one_sentence(rbench("tune", *size, "--out", "found.txt"), "found.txt", ".toml")
    one_sentence(rbench("tune", *size, "--datasets", "checkerboard,ml-100k", "--out", "x.toml"), "one data set")
