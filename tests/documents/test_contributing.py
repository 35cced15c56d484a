"""The worked example of CONTRIBUTING.md works, word for word."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAME = "CONTRIBUTING.md"


@pytest.fixture
def files(blocks, tmp_path: Path) -> dict[str, str]:
    """Write the example's files; returns all named blocks."""
    named = {about: content for language, about, content in blocks(NAME) if language == "python"}
    for about, content in named.items():
        if about.endswith(".py"):
            (tmp_path / about).write_text(content, "utf-8")
    return named


def test_the_commands_run(files, lines, run, tmp_path: Path) -> None:
    for words in lines(NAME, "rbench"):
        done = run("rbench", *words)
        assert done.returncode == 0, f"rbench {' '.join(words)}\n{done.stderr[-2000:]}"
    records = [json.loads(path.read_bytes()) for path in (tmp_path / "first-look" / "records").glob("*.json")]
    assert {record["status"] for record in records} == {"done"}
    exposure = {
        record["cell"]["attack"]: record["metrics"]["all"]["HIT@5"]
        for record in records
        if (record["cell"]["mode"], record["cell"]["defense"]) == ("direct", "none")
    }
    assert exposure["popular-labels"] > exposure["clean"] + 3


def test_its_test_passes(files, lines, run, tmp_path: Path) -> None:
    (words,) = lines(NAME, "pytest")
    done = run("pytest", "-q", "-p", "no:cacheprovider", *words)
    assert done.returncode == 0, done.stdout[-3000:]
    (body,) = re.findall(r"^class .*", files["test_popular_labels.py"], re.MULTILINE | re.DOTALL)
    assert len(body.strip().splitlines()) == 3, "three lines are promised"


def test_dropped_into_its_folder_it_is_built_in(files, run, tmp_path: Path) -> None:
    package = tmp_path / "copy" / "rbench"
    skip = shutil.ignore_patterns(".*", "tests", "results", "docs", "build", "__pycache__", "*.egg-info")
    shutil.copytree(ROOT, package, ignore=skip)
    text = files["popular_labels.py"]
    absolute = re.findall(r"^from rbench\..*$", text, re.MULTILINE)
    relative = files["relative imports"].strip().splitlines()
    for old, new in zip(absolute, relative, strict=True):
        assert old.partition(" import ")[2] == new.partition(" import ")[2]
        text = text.replace(old, new)
    (package / "attacks" / "pretrained" / "popular_labels.py").write_text(text, "utf-8")
    done = run("rbench", "list", "attacks", "--json", path=str(package.parent), cwd=package.parent)
    assert done.returncode == 0, done.stderr[-2000:]
    (found,) = (entry for entry in json.loads(done.stdout)["attacks"] if entry["name"] == "popular-labels")
    assert [option["name"] for option in found["options"]] == ["rate", "share"]


def test_every_group_of_entry_points_is_named() -> None:
    from rbench.benchmark.commands.list import registries

    text = (ROOT / NAME).read_text("utf-8")
    assert [r.group for r in registries().values() if f"`{r.group}`" not in text and f'"{r.group}"' not in text] == []


def test_every_contract_is_named() -> None:
    import rbench.testing

    text = (ROOT / NAME).read_text("utf-8")
    kinds = set(rbench.testing.__all__) - {"Contract", "ConfiguredContract"}
    assert [name for name in sorted(kinds) if name not in text] == []
