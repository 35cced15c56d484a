"""docs/architecture.md is the map of this tree: its parts, their order and objects are those of the code."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import rbench_import_graph as graph

ROOT = Path(__file__).resolve().parents[2]
HARNESS = ROOT / "benchmark"
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
MOST_PARTS, MOST_FILES = 9, 14


def section(title: str) -> str:
    (found,) = re.findall(rf"^## {re.escape(title)}$(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return found


def first_cells(title: str) -> list[str]:
    """Return the names in the first column of a section's table."""
    cells = re.findall(r"^\| `(.*?)` \|", section(title), re.MULTILINE)
    return [name for cell in cells for name in cell.split("`, `")]


def floors() -> list[list[str]]:
    """Return the parts of the harness as the page orders them, the lowest first."""
    (line,) = re.findall(r"A part may import those before it: (.*?)\.\s", section("Parts of `benchmark/`"))
    return [re.findall(r"`([^`]+)`", floor) for floor in line.split("<")]


def test_the_folders_are_those_of_the_tree():
    packages = {f"{path.parent.name}/" for path in ROOT.glob("*/__init__.py")}
    assert sorted(first_cells("Folders")) == sorted(packages)


def test_the_parts_are_those_of_the_tree():
    found = graph.parts(HARNESS)
    assert sorted(first_cells("Parts of `benchmark/`")) == found
    assert sorted(part for floor in floors() for part in floor) == found
    assert len(found) <= MOST_PARTS


def test_no_import_runs_up_or_aside():
    place = {part: i for i, floor in enumerate(floors()) for part in floor}
    wrong = [line for (a, b), lines in graph.edges(HARNESS).items() if place[a] <= place[b] for line in lines]
    assert wrong == []


@pytest.mark.parametrize("name", ["benchmark", "datasets"])
def test_the_numbers(name: str, capsys: pytest.CaptureFixture[str]):
    graph.main([str(ROOT / name)])
    numbers = re.search(r"(\d+) parts, (\d+) imports between them, (\d+) up", capsys.readouterr().out)
    assert numbers and int(numbers[3]) == 0


def test_no_folder_is_crowded():
    folders = [path.parent for path in ROOT.glob("*/__init__.py")]
    crowded = {where: count for where, count in map(graph.fullest, folders) if count > MOST_FILES}
    assert crowded == {}


def test_objects_are_defined_where_the_page_says():
    rows = re.findall(r"^\| `(.*?)` \| `([^`]+)` \|", section("What travels"), re.MULTILINE)
    assert len(rows) >= 10
    for names, part in rows:
        folder = ROOT / part if (ROOT / part).is_dir() else HARNESS / part
        trees = [ast.parse(path.read_text("utf-8")) for path in folder.rglob("*.py")]
        defined = {node.name for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)}
        assert {*names.split("`, `")} <= defined, part


def test_places_for_new_methods_are_folders():
    places = re.findall(
        r"`((?:attacks|defenses|models|datasets|benchmark)/[^`]*)`", section("Where something new goes")
    )
    assert len(places) >= 9
    assert [place for place in places if not (ROOT / place).is_dir()] == []


def tree(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        (path.parent / "__init__.py").touch()
    return folder


def test_parts_and_imports_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    package = tree(
        tmp_path / "package",
        cellar__wine="",
        cellar__coal="from . import wine\n",
        hall="from .cellar import wine, coal\nfrom . import cellar\n",
        roof__tiles="def f():\n    from ..hall import a\n    from ..cellar.wine import b\n",
    )
    assert graph.parts(package) == ["cellar/", "hall.py", "roof/"]
    counted = {pair: len(lines) for pair, lines in graph.edges(package).items()}
    assert counted == {("hall.py", "cellar/"): 3, ("roof/", "hall.py"): 1, ("roof/", "cellar/"): 1}
    assert graph.upward({*counted}) == []
    assert graph.fullest(package) == ("package/cellar", 2)
    tree(package, cellar__stairs="from ..roof.tiles import f\n")
    assert len(graph.upward({*graph.edges(package)})) == 1
    graph.main([str(package)])
    printed = capsys.readouterr().out
    assert "3 parts, 4 imports between them, 1 up; most files beside each other: 3 in package/cellar" in printed


def test_the_fewest_imports_are_called_upward():
    round_trip = {("a", "b"), ("b", "c"), ("c", "a"), ("d", "a"), ("c", "e")}
    assert len(graph.upward(round_trip)) == 1
    assert len(graph.upward(round_trip | {("b", "a")})) == 1
    assert len(graph.upward({("a", "b"), ("b", "a"), ("c", "d"), ("d", "c")})) == 2
