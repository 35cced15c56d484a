"""What the documents state about options, files, messages and links agrees with the code."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from rbench.benchmark.scenarios.pretrained.modes import registry as modes
from rbench.core.config import configure
from rbench.datasets.own.config import FolderConfig

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def section(name: str, title: str) -> str:
    text = (ROOT / name).read_text("utf-8")
    (found,) = re.findall(rf"^## {re.escape(title)}$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return found


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\((?!http)([^)#]+)", path.read_text("utf-8"))
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_the_modes_of_the_readme_are_there() -> None:
    named = re.findall(r"^\| `([\w-]+)` \|", section("README.md", "Threat models and modes"), re.MULTILINE)
    assert len(named) >= 3
    assert [name for name in named if name not in modes.names()] == []


def test_the_keys_of_rbench_toml() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\S+) \|", section("docs/data/own-log.md", "Options"), re.MULTILINE)
    stated = {key: value.strip("`") for key, value in rows}
    defaults = {f.name: f.default for f in dataclasses.fields(FolderConfig)}
    assert stated == {key: str(value) if value else "empty" for key, value in defaults.items()}


def test_the_example_of_rbench_toml() -> None:
    tomllib = pytest.importorskip("tomllib")
    (example,) = re.findall(r"```toml\n(.*?)```", section("docs/data/own-log.md", "Options"), re.DOTALL)
    given = tomllib.loads(example)
    given["buckets"] = "+".join(f"{name}:{width}" for name, width in given["buckets"].items())
    configure(FolderConfig, given, "the example")


@pytest.mark.parametrize("title", ["Data sets, partition and targets", "Raw files and logs"])
def test_messages_are_those_of_the_code(title: str) -> None:
    sources = [*(ROOT / "datasets").rglob("*.py"), *(ROOT / "core").glob("*.py")]
    sources += (ROOT / "benchmark" / "scenarios" / "pretrained" / "protocol").glob("*.py")
    sources.append(ROOT / "benchmark" / "scenarios" / "audience.py")
    # f-strings that run over several lines are joined, and their names count as one gap
    text = re.sub(r'"\s*\n\s*f?"', "", "".join(path.read_text("utf-8") for path in sources))
    text = re.sub(r'unknown\("(\w+)', r"unknown \1", text.replace("unknown(f", "unknown("))
    cells = re.findall(r"^\| `([^|]+)` \|", section("docs/data/errors.md", title), re.MULTILINE)
    rows = [message for cell in cells for message in cell.split("`, `")]
    assert len(rows) > 15
    pieces = [piece.strip() for row in rows for piece in row.split("…") if piece.strip() not in ("", "unknown dataset")]
    assert [piece for piece in pieces if piece not in text] == []


def test_nothing_is_said_twice_about_versions() -> None:
    setup = (ROOT / "setup.py").read_text("utf-8")
    (least,) = re.findall(r'python_requires=">=([\d.]+)"', setup)
    assert f"Python {least} or newer" in (ROOT / "README.md").read_text("utf-8")


def test_the_place_of_the_results_table() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert text.index("make run") < text.index("<!-- table: results/default -->") < text.index("<!-- /table -->")
