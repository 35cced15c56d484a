"""What the user's data lack or hold: one sentence that names it, exit code 2, nothing written."""

from __future__ import annotations

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


def test_a_folder_that_is_no_data_set(refused, tmp_path):
    (tmp_path / "bare").mkdir()
    refused("--datasets", "./bare", needles=["bare", "no .inter file"])
    refused("--datasets", "./missing", needles=["missing", "does not exist"])


def test_two_data_sets_of_one_name(one_sentence, rbench, tmp_path):
    for year in ("2024", "2025"):
        (tmp_path / year).mkdir()
        folder(tmp_path / year / "log")
    for names in ("./2024/log,./2025/log", "a=./2024/log,a=./2025/log"):
        one_sentence(rbench("plan", "--datasets", names), "have the same name", "other=./2024/log.")


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


def test_replacement_in_categories_on_data_without(one_sentence, rbench, refused, tmp_path):
    folder(tmp_path / "plain")
    needles = ["bra: with similarity=category", "the items of plain have none; write bra:similarity=any"]
    options = ["--datasets", "./plain", "--modes", "direct"]
    refused(*options, "--attacks", "bra", needles=needles)
    one_sentence(rbench("plan", *options, "--attacks", "bra"), *needles)
    one_sentence(rbench("plan", *options, "--attacks", "bra-group:variant=paper"), "bra-group:variant=paper: with")
    assert rbench("plan", *options, "--attacks", "bra:similarity=any").code == 0
    one_sentence(rbench("tune", "./plain", "--attacks", "bra", "--executor", "serial"), *needles)


@pytest.mark.parametrize(
    ("option", "needle"),
    [
        ("user=customer", "'customer'; did you mean user_id?"),
        ("time=when", "'when'; known: item_id, timestamp, user_id"),
        ("where=event:view", "'event'; known: item_id, timestamp, user_id"),
        ("attributes=sex", "'sex'; known: "),
        ("category=kind", "'kind'; known: "),
        ("users=people.csv", "'user_id'; known: id, sex"),
        ("separator=;", 'set separator = ","'),
        ("buckets=age:10", "buckets=age:10 needs attributes"),
    ],
)
def test_columns_that_are_not_there_are_told_by_plan(one_sentence, rbench, tmp_path, option, needle):
    (tmp_path / "shop").mkdir()
    rows = "".join(f"{u},{(u + 3 * k) % 12},{k}\n" for u in range(20) for k in range(4 if u % 2 else 8))
    (tmp_path / "shop" / "log.csv").write_text("user_id,item_id,timestamp\n" + rows)
    (tmp_path / "shop" / "people.csv").write_text("id,sex\n1,F\n")
    words = ["plan", "--datasets", "./shop", "--modes", "direct", "--attacks", "clean", "--set", "shop.log=log.csv"]
    assert rbench(*words).code == 0
    one_sentence(rbench(*words, "--set", f"shop.{option}"), needle)


def test_columns_of_atomic_files_are_told_by_plan(one_sentence, rbench, tmp_path):
    folder(tmp_path / "plain")
    words = ["plan", "--datasets", "./plain", "--modes", "direct", "--attacks", "clean"]
    for option in ("user=customer", "time=when", "where=event:view"):
        one_sentence(rbench(*words, "--set", f"plain.{option}"), "unknown column", "plain.inter")


def test_categories_that_no_item_has(one_sentence, rbench, refused, tmp_path):
    folder(tmp_path / "plain")
    (tmp_path / "plain" / "plain.item").write_text("item_id:token\tgenre:token\n0\t\n1\t\n")
    needles = ["bra: with similarity=category", "the items of plain have none"]
    options = ["--datasets", "./plain", "--modes", "direct", "--attacks", "bra"]
    assert rbench("plan", *options).code == 0, "which of the columns are categories, is known when they are read"
    refused(*options, needles=needles)
    one_sentence(rbench("tune", "./plain", "--attacks", "bra", "--executor", "serial", "--display", "none"), *needles)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs a place where even root cannot write")
def test_a_preset_that_cannot_be_written(one_sentence, rbench, size):
    one_sentence(rbench("tune", *size, "--out", "/proc/found.toml"), "--out /proc/found.toml: /proc cannot be written")
    twice = rbench("tune", *size, "--attacks", "bra,bra:similarity=any", "--executor", "serial")
    one_sentence(twice, "a preset has one rate for a method")


def test_data_without_attributes_do_for_all_else(rbench, tmp_path, size):
    folder(tmp_path / "plain")
    small = [word for word in size if word.startswith(("--set=train", "--set=finetune", "--set=sasrec"))]
    grid = ["--attacks", "bra:similarity=any", "--modes", "direct,ft", "--seeds", "1"]
    done = rbench("run", *small, "--datasets", "./plain", *grid, "--out", "results", "--executor", "serial")
    assert done.code == 0, done.err


def test_tune_says_before_it_searches_where_it_cannot_write(one_sentence, rbench, size):
    one_sentence(rbench("tune", *size, "--out", "nowhere/found.toml"), "nowhere")
    one_sentence(rbench("tune", *size, "--out", "found.txt"), "found.txt", ".toml")
    one_sentence(rbench("tune", *size, "--datasets", "checkerboard,ml-100k", "--out", "x.toml"), "one data set")
