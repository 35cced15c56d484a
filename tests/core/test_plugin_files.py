"""A plug-in file that cannot be used is told in one sentence."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from rbench.core.errors import UserError
from rbench.core.registry import load_plugin


def plugin(folder: Path, file: str, body: str) -> Path:
    path = folder / file
    path.write_text(body)
    return path


@pytest.mark.parametrize("others", ["", "\n\nclass Config:\n    pass\n"], ids=["alone", "with another class"])
def test_a_plugin_whose_method_is_not_registered(tmp_path: Path, others: str) -> None:
    body = "from rbench.attacks import ProviderAttack\n\n\nclass Mine(ProviderAttack):\n    pass\n" + others
    with pytest.raises(UserError, match=r"forgot\.py registers no method: put @register above Mine\.$"):
        load_plugin(plugin(tmp_path, "forgot.py", body))
    assert "rbench_plugin_forgot" not in sys.modules


def test_a_plugin_may_import_methods_alone(tmp_path: Path) -> None:
    load_plugin(plugin(tmp_path, "imports.py", "from rbench.attacks.pretrained.bra import BRA\n"))


def test_a_missing_plugin(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"--plugin .*nowhere\.py: there is no such file"):
        load_plugin(tmp_path / "nowhere.py")


def test_a_plugin_that_is_no_python(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(UserError, match=r"notes\.txt: not a Python file \(its name must end in \.py\)"):
        load_plugin(tmp_path / "notes.txt")


@pytest.mark.parametrize(
    ("body", "why"),
    [("1 / 0", "ZeroDivisionError: division by zero"), ("def", "SyntaxError: ")],
    ids=["runs", "parses"],
)
def test_a_plugin_that_fails(tmp_path: Path, body: str, why: str) -> None:
    (tmp_path / "fails.py").write_text(body)
    with pytest.raises(UserError, match=rf"--plugin .*fails\.py could not be imported: {why}"):
        load_plugin(tmp_path / "fails.py")
    assert "rbench_plugin_fails" not in sys.modules
