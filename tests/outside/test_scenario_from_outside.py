"""A package that brings a scenario, an attack, a defense, a victim and a data set runs like ours."""

from __future__ import annotations

import csv
import json
import shutil

import pytest

GRID = ("--attacks", "bandwagon", "--defenses", "none,light-users", "--datasets", "corner-shop", "--seeds", "2")
CHECK = """
import rbench.testing
from rbench_shilling.scenario import Shilling


class TestShilling(rbench.testing.ScenarioContract):
    scenario = Shilling
    datasets = ("corner-shop",)
    defenses = ("none", "light-users")
"""
SMALL = (
    *("--datasets", "checkerboard", "--set=checkerboard.users=60", "--set=train.epochs=1", "--seeds", "1"),
    *("--modes", "direct", "--defenses", "none"),
)


SERIAL = ("--executor", "serial")


@pytest.fixture(scope="module")
def once(python_in, installed, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ran")
    done = python_in(folder, installed, "rbench", "run", *GRID, "--out", "out", "--display", "plain", "--workers", 2)
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


@pytest.fixture
def ran(once, tmp_path):
    folder, told = once
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    return told


def test_it_runs_resumes_and_is_reported(ran, python, installed, tmp_path):
    assert "8 cells done, 0 failed" in ran
    again = python(installed, "rbench", "run", *GRID, "--out", "out", "--display", "plain")
    assert "8 cells done, 0 failed; 0 stages computed" in again.stdout
    assert python(installed, "rbench", "report", "out", "--check").returncode == 0
    (tmp_path / "out" / "fake-users.csv").write_text("other")
    checked = python(installed, "rbench", "report", "out", "--check")
    assert checked.returncode == 1 and "fake-users.csv is not what the records give" in checked.stderr


def test_who_lacks_it_is_told_how_to_read_its_records(ran, python, tmp_path):
    done = python(tmp_path, "rbench", "report", "out", "--check")
    assert done.returncode == 2
    assert done.stderr == (
        "Error: unknown scenario 'shilling'; known: federated, language, pretrained. "
        "A scenario of a plug-in file needs --plugin FILE.\n"
    )


def test_its_numbers_are_its_own(ran, tmp_path):
    with (tmp_path / "out" / "leaderboard.csv").open(encoding="utf-8") as file:
        rows = {(r["attack"], r["defense"], r["metric"]): float(r["mean"]) for r in csv.DictReader(file)}
    assert rows["bandwagon", "none", "seen@10"] > rows["clean", "none", "seen@10"] + 0.3
    assert rows["(chance)", "none", "HR@10"] == pytest.approx(10 / 35)
    page = (tmp_path / "out" / "leaderboard.md").read_text("utf-8")
    assert "seen@10: share of users with a target in the top 10." in page
    assert "## Claims" not in page, "no claim is about it"
    record = json.loads(next((tmp_path / "out" / "records").glob("*bandwagon*")).read_text("utf-8"))
    assert record["log"]["poison"] == {"fake_users": 16}


def test_a_kind_that_is_called_like_ours_is_another(ran, python, installed, tmp_path):
    stages = {path.name.rpartition("-")[0] for path in (tmp_path / "store").iterdir() if path.is_dir()}
    assert "shilling.rank-top" in stages and not any(name.startswith("rank-") for name in stages)
    done = python(installed, "rbench", "run", "--attacks", "bra,bandwagon", *SMALL, *SERIAL, "--out", "both")
    assert done.returncode == 0, done.stderr
    stages = {path.name.rpartition("-")[0] for path in (tmp_path / "store").iterdir() if path.is_dir()}
    assert {"shilling.rank-top", "rank-direct"} <= stages
    manifest = next((tmp_path / "store").glob("shilling.train-*")) / "stage.json"
    assert json.loads(manifest.read_text("utf-8"))["artifact"]["name"] == "shilling/neighbours"


def test_it_is_listed(python, installed):
    listed = json.loads(python(installed, "rbench", "list", "--json").stdout)
    for kind, name in (
        ("scenarios", "shilling"),
        ("attacks", "bandwagon"),
        ("defenses", "light-users"),
        ("models", "item-knn"),
        ("datasets", "corner-shop"),
        ("metrics", "seen@10"),
        ("sections", "shilling"),
    ):
        assert name in [entry["name"] for entry in listed[kind]], kind


def test_it_keeps_the_contract(python, installed, tmp_path):
    (tmp_path / "test_shilling.py").write_text(CHECK)
    done = python(installed, "pytest", "-q", "-p", "no:cacheprovider", "test_shilling.py")
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize(
    ("healthy", "broken", "reason"),
    [
        (
            "of(**load(files[file]))",
            "of(**load(files[file][1:]))",
            "its artifact type 'shilling/profiles' could not read",
        ),
        ("{file: save(", "{'../' + file: save(", "has a file name that is not allowed"),
    ],
)
def test_a_broken_codec_fails_its_cells_in_one_sentence(healthy, broken, reason, python, installed, tmp_path):
    shutil.copytree(installed, tmp_path / "site")
    scenario = tmp_path / "site" / "rbench_shilling" / "scenario.py"
    text = scenario.read_text("utf-8")
    assert healthy in text
    scenario.write_text(text.replace(healthy, broken), "utf-8")
    done = python(tmp_path / "site", "rbench", "run", *GRID, *SERIAL, "--out", "out", "--display", "none")
    assert done.returncode == 1 and "0 cells done, 8 failed" in done.stdout, done.stderr
    assert reason in done.stderr and "Traceback (most" not in done.stderr
