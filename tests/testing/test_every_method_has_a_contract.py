"""Whoever adds a method to the house adds its three lines too."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
WITH_FILES = HERE.parent / "datasets" / "test_contracts.py"
"""Contracts of data sets whose raw files a fixture there makes."""
KINDS = {
    "attacks": "attack",
    "defenses": "defense",
    "benchmark/modes": "mode",
    "models": "model",
    "datasets": "dataset",
}


@pytest.mark.parametrize("folder", KINDS)
def test_every_file_of_ours_is_under_contract(folder: str) -> None:
    kind, name = KINDS[folder], Path(folder).name
    files = {f"rbench.{folder.replace('/', '.')}.{p.stem}" for p in (ROOT / folder).glob("[!_]*.py")}
    places = [HERE / f"test_our_{name}.py", *([WITH_FILES] if kind == "dataset" else [])]
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
