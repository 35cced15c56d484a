"""docs/architecture.md is the map of this tree: its rooms, floors and objects are those of the code."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import rbench_rooms as rooms

ROOT = Path(__file__).resolve().parents[2]
HARNESS = ROOT / "benchmark"
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
MOST_ROOMS, MOST_FILES = 9, 14
CROWDED = "datasets/io"
"""The one folder that may hold more files beside each other."""


def section(title: str) -> str:
    (found,) = re.findall(rf"^## {re.escape(title)}$(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return found


def first_cells(title: str) -> list[str]:
    """Return the names in the first column of a section's table."""
    return [
        name for row in re.findall(r"^\| (`.*?) \|", section(title), re.MULTILINE) for name in row[1:-1].split("`, `")
    ]


def floors() -> list[list[str]]:
    """Return the rooms of the harness as the page orders them, the lowest first."""
    (line,) = re.findall(r"A room may import those before it: (.*?)\.\s", section("Rooms of `benchmark/`"))
    return [re.findall(r"`([^`]+)`", floor) for floor in line.split("<")]


def test_the_folders_are_those_of_the_tree():
    packages = {f"{path.parent.name}/" for path in ROOT.glob("*/__init__.py")}
    assert sorted(first_cells("Folders")) == sorted(packages)


def test_the_rooms_are_those_of_the_tree():
    found = rooms.rooms(HARNESS)
    assert sorted(first_cells("Rooms of `benchmark/`")) == found
    assert sorted(room for floor in floors() for room in floor) == found
    assert len(found) <= MOST_ROOMS


def test_no_import_runs_up_or_aside():
    place = {room: i for i, floor in enumerate(floors()) for room in floor}
    wrong = [line for (a, b), lines in rooms.arrows(HARNESS).items() if place[a] <= place[b] for line in lines]
    assert wrong == []


@pytest.mark.parametrize("name", ["benchmark", "datasets"])
def test_the_numbers(name: str, capsys: pytest.CaptureFixture[str]):
    rooms.main([str(ROOT / name)])
    numbers = re.search(r"(\d+) rooms, (\d+) imports between them, (\d+) up", capsys.readouterr().out)
    assert numbers and int(numbers[3]) == 0


def test_no_folder_is_crowded():
    folders = [path.parent for path in ROOT.glob("*/__init__.py")]
    crowded = {where: count for where, count in map(rooms.fullest, folders) if count > MOST_FILES}
    assert {*crowded} <= {CROWDED}


def test_objects_are_defined_where_the_page_says():
    rows = re.findall(r"^\| `(.*?)` \| `([^`]+)` \|", section("What travels"), re.MULTILINE)
    assert len(rows) >= 10
    for names, room in rows:
        folder = ROOT / room if (ROOT / room).is_dir() else HARNESS / room
        trees = [ast.parse(path.read_text("utf-8")) for path in folder.rglob("*.py")]
        defined = {node.name for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)}
        assert {*names.split("`, `")} <= defined, room


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


def test_rooms_and_imports_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    house = tree(
        tmp_path / "house",
        cellar__wine="",
        cellar__coal="from . import wine\n",
        hall="from .cellar import wine, coal\nfrom . import cellar\n",
        roof__tiles="def f():\n    from ..hall import a\n    from ..cellar.wine import b\n",
    )
    assert rooms.rooms(house) == ["cellar/", "hall.py", "roof/"]
    counted = {pair: len(lines) for pair, lines in rooms.arrows(house).items()}
    assert counted == {("hall.py", "cellar/"): 3, ("roof/", "hall.py"): 1, ("roof/", "cellar/"): 1}
    assert rooms.upward({*counted}) == []
    assert rooms.fullest(house) == ("house/cellar", 2)
    tree(house, cellar__stairs="from ..roof.tiles import f\n")
    assert len(rooms.upward({*rooms.arrows(house)})) == 1
    rooms.main([str(house)])
    assert "3 rooms, 4 imports between them, 1 up, 3 in house/cellar" in capsys.readouterr().out


def test_the_fewest_imports_are_called_upward():
    round_trip = {("a", "b"), ("b", "c"), ("c", "a"), ("d", "a"), ("c", "e")}
    assert len(rooms.upward(round_trip)) == 1
    assert len(rooms.upward(round_trip | {("b", "a")})) == 1
    assert len(rooms.upward({("a", "b"), ("b", "a"), ("c", "d"), ("d", "c")})) == 2
