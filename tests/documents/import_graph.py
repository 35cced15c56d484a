"""Counts what stands beside each other in a folder of the package, and which import which.

    python tests/documents/import_graph.py benchmark datasets

A part is a module or a folder directly inside the folder that is looked at. Imports are counted wherever they
stand, inside functions and under ``TYPE_CHECKING`` too.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
Edges = Mapping[tuple[str, str], list[str]]


def parts(folder: Path) -> list[str]:
    """Return the names of the parts: modules with ``.py``, folders that hold modules with ``/``."""
    found = [path.name for path in folder.glob("*.py") if path.stem != "__init__"]
    return sorted(found + [f"{path.name}/" for path in folder.iterdir() if any(path.rglob("*.py"))])


def edges(folder: Path) -> Edges:
    """Return each pair (part that imports, part that is imported) with the imports that make it one."""
    found: dict[tuple[str, str], list[str]] = {}
    for path in sorted(folder.rglob("*.py")):
        start = _part(folder, path)
        for target in _imports(path):
            if target.is_relative_to(folder) and (end := _part(folder, target)) != start and start and end:
                line = f"{path.relative_to(folder)} imports {target.relative_to(folder)}"
                found.setdefault((start, end), []).append(line)
    return found


def upward(pairs: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the fewest pairs without which no part would import itself, directly or through others."""
    pairs = set(pairs)
    while ends := {a for a, _ in pairs} ^ {b for _, b in pairs}:  # a part that only imports or only is imported
        pairs = {(a, b) for a, b in pairs if a not in ends and b not in ends}
    for count in range(len(pairs) + 1):
        for some in combinations(sorted(pairs), count):
            if not _circular(pairs - {*some}):
                return list(some)
    return []


def fullest(folder: Path) -> tuple[str, int]:
    """Return the folder with the most modules directly inside, ``__init__`` not counted, and their number."""
    counts = {path.parent: 0 for path in folder.rglob("*.py")}
    for path in folder.rglob("*.py"):
        counts[path.parent] += path.stem != "__init__"
    most = max(sorted(counts), key=counts.__getitem__)
    return str(most.relative_to(folder.parent)), counts[most]


def _part(folder: Path, path: Path) -> str:
    first, *rest = path.relative_to(folder).parts
    return f"{first}/" if rest else "" if first == "__init__.py" else first


def _imports(path: Path) -> Iterator[Path]:
    """Yield the files that a file's relative imports lead to."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = path.parents[node.level - 1].joinpath(*(node.module or "").split("."))
            for alias in node.names:
                candidates = (base / f"{alias.name}.py", base / alias.name / "__init__.py")
                yield next((c for c in (*candidates, base.with_suffix(".py")) if c.is_file()), base / "__init__.py")


def _circular(pairs: set[tuple[str, str]]) -> bool:
    left = set(pairs)
    while left and (leaves := {b for _, b in left} - {a for a, _ in left}):
        left = {(a, b) for a, b in left if b not in leaves}
    return bool(left)


def main(names: list[str]) -> None:
    """Print the numbers of each folder."""
    for name in names:
        folder = Path(name).resolve()
        pairs = edges(folder)
        up, (most, count) = upward({*pairs}), fullest(folder)
        counts = f"{len(parts(folder))} parts, {len(pairs)} imports between them, {len(up)} up"
        print(f"{folder.name}: {counts}; most files beside each other: {count} in {most}")
        for pair in up:
            print(f"  up: {' > '.join(pair)}, e.g. {pairs[pair][0]}")


if __name__ == "__main__":
    main(sys.argv[1:] or [str(ROOT / "benchmark"), str(ROOT / "datasets")])
