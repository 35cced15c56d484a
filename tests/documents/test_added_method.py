"""A method that is added to the tree as CONTRIBUTING.md says, or by rbench new, needs no other change."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rbench.benchmark.commands.new.kinds import KINDS

ROOT = Path(__file__).resolve().parents[2]
CHECKED = (
    "tests/documents",
    "tests/core/test_registry.py",
    "tests/packaging/test_architecture.py",
    "tests/packaging/test_documents.py",
)
LONE = (
    "--ignore=tests/documents/test_added_method.py",
    "--ignore=tests/documents/test_contributing.py",
    "--ignore=tests/documents/test_python_page.py",
    "--deselect=tests/packaging/test_documents.py::test_no_paths_of_one_machine",
)
"""This test itself, the tests of the example as a plug-in, whose name is then a built-in one's, and two slow tests of
what a method cannot change."""
ALL_AT_ONCE = """
import json, sys
from rbench.benchmark.cli import cli
for words in json.load(sys.stdin):
    cli.main(words, standalone_mode=False)
"""


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree, as a repository of its own."""
    copy = tmp_path_factory.mktemp("copy") / "rbench"
    for path in _files(ROOT):
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, copy / path)
    subprocess.run(["git", "init", "--quiet", str(copy)], check=True)
    (copy / ".venv" / "link").mkdir(parents=True)
    (copy / ".venv" / "link" / "rbench").symlink_to(copy)
    return copy


def _files(root: Path) -> list[str]:
    if not (root / ".git").exists():
        pytest.skip("not a git checkout")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, check=True, capture_output=True).stdout.decode()
    return sorted({name for name in listed.split("\0") if name and (root / name).is_file()})


def _run(copy: Path, *words: str, given: str = "") -> str:
    environment = os.environ | {"PYTHONPATH": str(copy.parent)}
    command = [sys.executable, *words]
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, input=given)
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout[-4000:]}\n{done.stderr[-2000:]}"
    return done.stdout


def _add_the_example(copy: Path, named: dict[str, str]) -> None:
    """Follow the steps of CONTRIBUTING.md."""
    absolute = r"(?:^from rbench\..*\n)+"
    text, count = re.subn(absolute, named["relative imports"], named["popular_labels.py"], flags=re.MULTILINE)
    assert count == 1
    (copy / "attacks" / "pretrained" / "popular_labels.py").write_text(text, "utf-8")
    line, _, contract = named["tests/testing/test_our_attacks.py"].partition("\n\n\n")
    assert len(contract.strip().splitlines()) == 3, "three lines are promised"
    path = copy / "tests" / "testing" / "test_our_attacks.py"
    imports, _, rest = path.read_text("utf-8").partition("\n\n\n")
    path.write_text("\n".join(sorted([*imports.splitlines(), line])) + f"\n\n\n{rest}\n\n{contract}", "utf-8")


def test_nothing_else_has_to_change(copied: Path, blocks) -> None:
    named = {about: content for language, about, content in blocks("CONTRIBUTING.md") if language == "python"}
    _add_the_example(copied, named)
    before = _files(ROOT)
    added = {"attacks/pretrained/popular_labels.py"}
    written = [["new", kind, f"zz-{kind}"] for kind in KINDS]
    told = _run(copied, "-c", ALL_AT_ONCE, given=json.dumps(written))
    assert told.count("make test") == len(KINDS)
    for kind, about in KINDS.items():
        file = f"{about.folder}/{about.file.format(module=f'zz_{kind}'.replace('-', '_'))}"
        added |= {file, f"{Path(file).parent}/__init__.py"} - {*before}
        assert f"tests/testing/test_our_{about.methods}.py" in told
    _run(copied, "-m", "rbench", "plan", "--attacks", "zz-scenario-attack", "--datasets", "checkerboard")
    _run(copied, "docs/methods.py")
    _run(copied, "docs/victims.py")
    assert {*_files(copied)} - {*before} == added
    changed = {path for path in before if (ROOT / path).read_bytes() != (copied / path).read_bytes()}
    pages = {"docs/methods.md", "docs/victims.md"}
    assert changed == pages | {f"tests/testing/test_our_{about.methods}.py" for about in KINDS.values()}
    page = (copied / "docs" / "methods.md").read_text("utf-8")
    assert "### Attack: Popular-label replacement (`popular-labels`)" in page

    _run(copied, "-m", "ruff", "check", "--no-cache")
    _run(copied, "-m", "ruff", "format", "--check", "--no-cache")
    _run(copied, "-m", "pytest", "-q", "-p", "no:cacheprovider", *CHECKED, *LONE)
    contracts = ("-k", "PopularLabels or every_file or TestZz and (registered or without_torch)")
    out = _run(copied, "-m", "pytest", "-v", "-p", "no:cacheprovider", "tests/testing", *contracts)
    assert out.count("TestPopularLabels::") >= 10
    for kind in KINDS:
        assert f"TestZz{kind.title().replace('-', '')}::test_it_is_registered_under_its_name PASSED" in out


@pytest.mark.slow
def test_types_and_all_contracts_hold_too(copied: Path) -> None:
    if not (copied / "attacks" / "pretrained" / "popular_labels.py").exists():
        pytest.skip("the copy was not filled: the test above failed or was not run")
    _run(copied, "-m", "mypy", "-p", "rbench")
    _run(copied, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/testing", "tests/attacks", "tests/defenses")
