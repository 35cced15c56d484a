"""Whoever adds a method to the house adds its three lines too."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from rbench.benchmark.commands.list import registries

HERE = Path(__file__).parent
WITH_FILES = {
    "dataset": [HERE.parent / "datasets" / "test_contracts.py", HERE.parent / "datasets" / "test_complete_journey.py"],
    "attack": [HERE.parent / "attacks" / "test_file_contract.py"],
}
"""Contracts of methods whose files a fixture there makes."""
KINDS = ("attacks", "defenses", "modes", "models", "datasets", "executors")


@pytest.mark.parametrize("name", KINDS)
def test_every_file_of_ours_is_under_contract(name: str) -> None:
    registry = registries()[name]
    kind, files = registry.kind, {origin for method in registry.names() if (origin := registry.origin(method))}
    assert files
    places = [HERE / f"test_our_{name}.py", *WITH_FILES.get(kind, [])]
    tree = ast.parse("\n".join(place.read_text("utf-8") for place in places))
    sources = {a.name: node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for a in node.names}
    tested = {
        sources.get(ast.unparse(line.value))
        for node in tree.body
        if isinstance(node, ast.ClassDef)
        for line in node.body
        if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == kind
    }
    assert sorted(files - tested) == [], f"without a contract in tests/testing/test_our_{name}.py"
