"""Data sets by name and by folder, before anything heavy is imported."""

from __future__ import annotations

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
import rbench.datasets.io.describe
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
