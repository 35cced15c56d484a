"""rbench new writes working methods of every kind, overwrites nothing, and refuses names that would not do."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbench.benchmark.commands.new.kinds import KINDS, TEMPLATES
from rbench.benchmark.commands.new.names import LONGEST, class_name, module_name
from rbench.benchmark.commands.new.source import method, relative, with_test
from rbench.core.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
ALL_AT_ONCE = """
import json, sys
from rbench.benchmark.cli import cli
for words in json.load(sys.stdin):
    assert not cli.main(words, standalone_mode=False), words
"""

RUN = ("scenario", "executor")
"""Kinds whose template is also run: the others' contracts say more than a small grid."""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, the current one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RBENCH_STORE", str(tmp_path / "store"))
    return tmp_path


def ruff(*words: str) -> None:
    done = subprocess.run([sys.executable, "-m", "ruff", *words, "--no-cache"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_template_passes_its_contract_and_does_what_it_says(here: Path, rbench) -> None:
    commands = []
    for kind in KINDS:
        done = rbench("new", kind, f"my-{kind}")
        assert (done.code, done.err) == (0, "")
        listed, ran, tested = re.findall(r"^  (.+)$", done.out, re.MULTILINE)
        assert tested == f"python -m pytest test_my_{module_name(kind)}.py"
        words = shlex.split(ran)[1:]
        assert words[0] == "run" and words[-2:] == ["--out", "first-look"]
        runs = kind in RUN
        commands += [shlex.split(listed)[1:], words if runs else ["plan", *words[1:-2]]]
        commands += [["report", "first-look", "--check", *words[1:3]]] * runs
    assert len([*here.glob("*.py")]) == 2 * len(KINDS)
    for command in (["-c", ALL_AT_ONCE], ["-m", "pytest", "-q", "-p", "no:cacheprovider"]):
        done = subprocess.run([sys.executable, *command], input=json.dumps(commands), capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def test_a_new_scenario_takes_no_defenses(here: Path, process) -> None:
    assert process("new", "scenario", "mine").code == 0
    done = process("plan", "--plugin", "mine.py", "--attacks", "mine-attack", "--defenses", "kmeans")
    assert (done.code, done.out) == (2, "")
    assert done.err.endswith("this grid is in mine, where --defenses takes none.\n")


@pytest.mark.parametrize("name", ["z", "z9-9", f"long-{'x' * (LONGEST - 5)}"])
def test_code_is_formatted_whatever_the_names_length(here: Path, rbench, name: str) -> None:
    config = str(ROOT / "pyproject.toml")
    for kind in KINDS:
        assert rbench("new", kind, name).code == 0
        for path in (Path(f"{module_name(name)}.py"), Path(f"test_{module_name(name)}.py")):
            (here / kind).mkdir(exist_ok=True)
            path.rename(here / kind / path)
    ruff("format", "--check", "--config", config, ".")
    ruff("check", "--config", config, "--per-file-ignores", "test_*.py:D,test_*.py:I,test_*.py:RUF012", ".")


HOSTILE = ["", ".", "..", "../up", "a/b", "/etc/x", "Big", "two words", "under_score", "-h-", "a-", "a--b", "9a", "é"]
HOSTILE += ["a\n", "a;b", "$(x)", "x.py", "x" * (LONGEST + 1)]
MEANING = ["bra", "kmeans", "ml-100k", "train", "clean", "local", "none", "attack", "serial", "pretrained"]
PYTHON = ["class", "import", "test", "test-me", "conftest"]
HIDING = ["any", "provider", "provider-attack"]
IMPORTED = ["random", "numpy", "rbench"]
REFUSED = [(place, name) for place in ("--here", "--in-tree") for name in (*HOSTILE, *MEANING, *PYTHON, *HIDING)]


@pytest.mark.parametrize(("place", "name"), REFUSED + [("--here", name) for name in IMPORTED])
def test_a_name_that_would_not_do(here: Path, rbench, place: str, name: str) -> None:
    done = rbench("new", "attack", place, "--", name)
    assert (done.code, done.out) == (2, "")
    (line,) = done.err.splitlines()
    assert line.startswith(f"Error: name {name!r}: ")
    assert [*here.iterdir()] == []


def test_a_kind_that_is_none(here: Path, rbench) -> None:
    done = rbench("new", "atack", "mine")
    assert done.code == 2
    assert done.err.startswith("Error: unknown kind of method 'atack'; did you mean attack")
    assert [*here.iterdir()] == []


@pytest.mark.parametrize("taken", ["mine.py", "test_mine.py"])
@pytest.mark.parametrize("how", ["file", "folder", "link"])
def test_nothing_is_overwritten(here: Path, rbench, taken: str, how: str) -> None:
    path = here / taken
    {"file": lambda: path.write_text("kept"), "folder": path.mkdir, "link": lambda: path.symlink_to("away")}[how]()
    done = rbench("new", "attack", "mine")
    assert (done.code, done.err) == (2, f"Error: {taken} is there already; nothing was written.\n")
    assert [*here.iterdir()] == [path]


def test_a_folder_of_ours_is_not_shadowed(here: Path, rbench) -> None:
    done = rbench("new", "attack", "common", "--in-tree")
    assert done.code == 2
    assert done.err == f"Error: {ROOT / 'attacks' / 'pretrained' / 'common'} is there already; nothing was written.\n"


def test_a_folder_that_cannot_be_written(here: Path, rbench, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "gone").mkdir()
    monkeypatch.chdir(here / "gone")
    (here / "gone").rmdir()
    done = rbench("new", "attack", "mine", "--here")
    assert (done.code, done.err) == (2, "Error: mine.py cannot be written: No such file or directory.\n")


def test_every_kind_has_a_template_and_every_template_a_kind() -> None:
    assert sorted(path.stem for path in TEMPLATES.glob("*.txt")) == sorted(KINDS)


names = st.from_regex(r"[a-z][a-z0-9]{0,6}(-[a-z0-9]{1,6}){0,3}", fullmatch=True)


@given(names, st.sampled_from([*KINDS]))
def test_code_has_the_names_class_and_nothing_of_the_example(name: str, kind: str) -> None:
    text = method(kind, name)
    assert f"class {class_name(name)}(" in text
    if "new" not in name:
        assert not re.search(r"\bNew|\bnew-", text)


IMPORTS = """\
from rbench import models
from rbench.attacks import Attack
from rbench.attacks.pretrained.common.replacement import Replacement
from rbench.core.errors import UserError
from rbench.models.ncf import NCF

    from rbench.core.seeds import generator
    from rbench.attacks.pretrained import bra
"""


def test_imports_become_relative_and_those_from_far_away_come_first() -> None:
    assert relative(IMPORTS, ("attacks", "pretrained")) == (
        "from ... import models\n"
        "from ...core.errors import UserError\n"
        "from ...models.ncf import NCF\n"
        "from .. import Attack\n"
        "from .common.replacement import Replacement\n"
        "\n"
        "    from ...core.seeds import generator\n"
        "    from . import bra\n"
    )
    assert relative("x = 1\n", ("models",)) == "x = 1\n"


TESTS = """\
from rbench.attacks.pretrained.a2 import A2
from rbench.attacks.pretrained.a10 import A10
from rbench.testing import AttackContract


class TestA2(AttackContract):
    attack = A2
"""


def test_a_contract_is_added_and_its_import_sorted() -> None:
    text = with_test(TESTS, "t.py", "rbench.attacks.federated.b_c", KINDS["federated-attack"], "attack", "b-c")
    assert text == (
        "from rbench.attacks.federated.b_c import BC\n"
        "from rbench.attacks.pretrained.a2 import A2\n"
        "from rbench.attacks.pretrained.a10 import A10\n"
        "from rbench.testing import AttackContract, FederatedAttackContract\n"
        "\n\nclass TestA2(AttackContract):\n    attack = A2\n"
        "\n\nclass TestBC(FederatedAttackContract):\n    attack = BC\n"
    )
    first = with_test("", "t.py", "rbench.models.m", KINDS["model"], "model", "m")
    assert first.startswith("from rbench.models.m import M\nfrom rbench.testing import ModelContract\n\n\nclass TestM(")


@pytest.mark.parametrize(
    ("text", "name", "says"),
    [
        (TESTS, "a2", "t.py has a A2 already"),
        (TESTS.replace("TestA2", "TestOther"), "other", "t.py has a TestOther already"),
        ("import sys\n" + TESTS, "b", "t.py does not begin with imports from rbench alone"),
        ("from os import path\n" + TESTS, "b", "t.py does not begin with imports from rbench alone"),
    ],
)
def test_a_file_of_tests_that_another_contract_does_not_fit_into(text: str, name: str, says: str) -> None:
    with pytest.raises(UserError, match=says):
        with_test(text, "t.py", "rbench.attacks.mine", KINDS["attack"], "attack", name)
