"""Data sets by name and by folder, before anything heavy is imported."""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rbench import datasets
from rbench.core.config import describe
from rbench.core.errors import UserError

Folder = Callable[..., Path]


def test_built_in_names() -> None:
    assert {"ml-100k", "checkerboard"} <= set(datasets.registry.names())
    assert not {"io", "folder", "atomic"} & set(datasets.registry.names())


@pytest.mark.parametrize("name", ["ml-100k", "checkerboard"])
def test_every_option_is_documented(name: str) -> None:
    spec = datasets.resolve(name)
    assert spec.name == name
    assert all(text for _, _, _, text in describe(spec.config_class))


def test_an_unknown_name_gets_the_nearest_and_the_hint() -> None:
    with pytest.raises(UserError, match=r"unknown dataset 'ml-100'; did you mean ml-100k.*path of a folder"):
        datasets.resolve("ml-100")


@pytest.mark.parametrize("name", ["", ".", "..", "a/\0b", "/" + "x" * 5000, "~nobody-of-that-name/x", "x" * 5000, "-"])
def test_odd_names_are_mistakes_and_not_crashes(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    with pytest.raises(UserError):
        datasets.resolve(name)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("toys", "toys"),
        ("my toys", "my-toys"),
        ("$(rm -rf)", "rm--rf"),
        ("..hidden", "hidden"),
        ("--force", "force"),
        ("naïve\n|x|", "na-ve-x"),
        ("???", "folder"),
        ("ml-100k", "ml-100k-folder"),
    ],
)
def test_a_folder_shows_a_harmless_name(folder: Folder, given: str, shown: str) -> None:
    spec = datasets.resolve(str(folder(given)))
    assert spec.name == shown
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", spec.name)
    assert spec.open().load().name == shown


LINES = ["u1,a,3", "u1,b,1", "u1,c,2", "u2,c,1", "u2,a,2", "u2,b,3"]


@pytest.mark.parametrize(
    ("file", "head", "separator"),
    [
        ("shop.csv", "user_id,item_id,timestamp", ","),
        ("shop.csv.gz", "user_id,item_id,timestamp", ","),
        ("shop.tsv", "user_id,item_id,timestamp", "\t"),
        ("shop.inter", "user_id:token,item_id:token,timestamp:float", "\t"),
        ("ml-100k.inter", "user_id:token,item_id:token,timestamp:float", "\t"),
    ],
)
def test_a_log_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, head: str, separator: str) -> None:
    text = "\n".join([head, *LINES, ""]).replace(",", separator).encode()
    (tmp_path / file).write_bytes(gzip.compress(text) if file.endswith(".gz") else text)
    (tmp_path / "rbench.toml").write_text('user = "nobody"\n')  # for the folder, not for the log
    (tmp_path / "other.user").write_text("user_id:token\tsex:token\nu1\tF\n")
    monkeypatch.chdir(tmp_path)
    for name in (file, str(tmp_path / file)):
        spec = datasets.resolve(name)
        assert spec.name == ("ml-100k-log" if file.startswith("ml") else "shop")
        data = spec.open().load()
        assert [[data.item_ids[i - 1] for i in data.of(user)] for user in range(2)] == [[*"bca"], [*"cab"]]
        assert not data.attributes


def test_atomic_files_of_a_logs_own_name_belong_to_it(folder: Folder) -> None:
    path = folder("toys")
    (path / "more.inter").write_text("x")
    whole = datasets.resolve(str(path / "toys.inter")).open().load()
    (path / "more.inter").unlink()
    assert whole.attributes.keys() == datasets.resolve(str(path)).open().load().attributes.keys() != set()


def test_columns_of_a_log_are_options(tmp_path: Path) -> None:
    (tmp_path / "clicks.csv").write_text("\n".join(["who;what;when", *LINES, ""]).replace(",", ";"))
    spec = datasets.resolve(str(tmp_path / "clicks.csv"))
    with pytest.raises(UserError, match="--user, --item and --time"):
        spec.open(spec.configure({"separator": ";"})).load()
    options = {"separator": ";", "user": "who", "item": "what", "time": "when"}
    assert spec.open(spec.configure(options)).load().n_users == 2


def test_a_relative_folder_needs_no_slash(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder().parent)
    assert datasets.resolve("toys").name == "toys"
    monkeypatch.chdir("toys")
    assert datasets.resolve(".").name == "toys"


def test_the_fingerprint_is_that_of_the_bytes(folder: Folder) -> None:
    one, two = folder("one"), folder("two")
    first = datasets.resolve(str(one)).open().fingerprint()
    assert first == datasets.resolve(str(two)).open().fingerprint()
    with (two / "two.user").open("a") as file:
        file.write("78\tF\t30\t1\n")
    assert first != datasets.resolve(str(two)).open().fingerprint()
    (one / "one.item").unlink()
    assert first != datasets.resolve(str(one)).open().fingerprint()


def test_planning_imports_nothing_heavy() -> None:
    code = """
import sys
from rbench import datasets
for name in ("ml-100k", "checkerboard"):
    spec = datasets.resolve(name)
    spec.open().fingerprint()
import rbench.datasets.shown.describe
from rbench.benchmark.scenarios.pretrained.protocol import partition, targets
print([m for m in ("pandas", "torch", "recbole", "scipy") if m in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_ml_100k_without_recbole(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = datasets.resolve("ml-100k")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match="pip install recbole"):
        spec.open().fingerprint()
