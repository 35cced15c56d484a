from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

BELOW = {
    "core": {"core"},
    "datasets": {"core", "datasets"},
    "models": {"core", "models"},
    "attacks": {"core", "datasets", "models", "attacks"},
    "defenses": {"core", "datasets", "models", "defenses"},
    "benchmark": {"core", "datasets", "models", "attacks", "defenses", "benchmark"},
    "testing": {"core", "datasets", "models", "attacks", "defenses", "benchmark", "testing"},
}
UNPICKLERS = {"cPickle", "cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve"}
UNSAFE = {
    "eval",
    "exec",
    "pd.read_pickle",
    "pandas.read_pickle",
    "torch.load",
    "yaml.full_load",
    "yaml.load",
    "yaml.unsafe_load",
}
LIMIT = 15_000
ROOT = PurePosixPath("__init__.py")

Tree = dict[PurePosixPath, ast.Module]


@pytest.fixture(scope="module")
def trees(root: Path, modules: list[PurePosixPath]) -> Tree:
    return {path: ast.parse((root / path).read_text(encoding="utf-8"), str(path)) for path in modules}


def file_of(parts: tuple[str, ...], trees: Tree) -> PurePosixPath | None:
    """Return the file that an import path below rbench leads to, or None where there is none."""
    folder = PurePosixPath(*parts)
    for path in (folder.with_suffix(".py") if parts else folder / "__init__.py", folder / "__init__.py"):
        if path in trees:
            return path
    return None


def imports(path: PurePosixPath, trees: Tree) -> Iterator[tuple[int, PurePosixPath]]:
    """Yield (line, file) for each file of ours that a file imports, whether at its top or inside a function."""
    for node in ast.walk(trees[path]):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        up = len(path.parent.parts) - (node.level - 1)
        assert up >= 0, f"{path}:{node.lineno}: a relative import beyond the package"
        base = path.parent.parts[:up] + tuple(node.module.split(".") if node.module else ())
        for alias in node.names:
            found = file_of((*base, alias.name), trees) or file_of(base, trees)
            assert found is not None, f"{path}:{node.lineno}: imports {'.'.join(base)}, which is not there"
            yield node.lineno, found


def foreign(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield (line, dotted name) for each absolute import."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def test_every_folder_has_a_floor(modules: list[PurePosixPath]) -> None:
    assert sorted({path.parts[0] for path in modules if len(path.parts) > 1} - {*BELOW}) == []


def test_imports_run_down_only(trees: Tree) -> None:
    wrong = [
        f"{path}:{line} imports {found}"
        for path in trees
        if path.parts[0] in BELOW
        for line, found in imports(path, trees)
        # Of the root only the version is there for those below.
        if found.parts[0] not in BELOW[path.parts[0]] and found != ROOT
    ]
    assert wrong == []


def test_nothing_of_ours_imports_the_contract_tests(trees: Tree) -> None:
    wrong = [
        f"{path}:{line} imports {found}"
        for path in trees
        if path.parts[0] != "testing"
        for line, found in imports(path, trees)
        if found.parts[0] == "testing"
    ]
    # Users who only run the benchmark have no pytest.
    wrong += [
        f"{path}:{line} imports {name}"
        for path, tree in trees.items()
        if path.parts[0] != "testing"
        for line, name in foreign(tree)
        if name.partition(".")[0] == "pytest"
    ]
    assert wrong == []


def test_the_root_imports_nothing_until_a_name_is_asked_for(trees: Tree) -> None:
    """All that runs with ``import rbench`` is the standard library's; what follows TYPE_CHECKING never runs."""
    body = trees[ROOT].body
    (choice,) = (node for node in body if isinstance(node, ast.If))
    assert ast.unparse(choice.test) == "TYPE_CHECKING"
    at_once = [node for node in [*body, *choice.orelse] if isinstance(node, (ast.Import, ast.ImportFrom))]
    assert list(map(ast.unparse, at_once)) == ["from typing import TYPE_CHECKING"]
    shown = {alias.name for node in choice.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    (served,) = (ast.literal_eval(node.value) for node in body if ast.unparse(node).startswith("__all__ = "))
    assert sorted(shown) == sorted(served)


def way_back(start: PurePosixPath, graph: dict[PurePosixPath, set[PurePosixPath]]) -> list[PurePosixPath]:
    """Return the shortest chain of imports from a file to itself, empty if there is none."""
    chains, seen = [[start]], set()
    for chain in chains:
        for found in graph[chain[-1]] - seen:
            if found == start:
                return [*chain, start]
            seen.add(found)
            chains.append([*chain, found])
    return []


def test_no_two_files_import_each_other(trees: Tree) -> None:
    graph = {path: {found for _, found in imports(path, trees)} for path in trees}
    graph[ROOT] = set()  # it imports a public name once that is asked for, see above
    chains = [chain for path in graph if (chain := way_back(path, graph)) and path == min(chain)]
    assert [" > ".join(map(str, chain)) for chain in chains] == []


def test_imports_inside_the_package_are_relative(trees: Tree) -> None:
    wrong = [
        f"{path}:{line} {name}"
        for path, tree in trees.items()
        for line, name in foreign(tree)
        if name.partition(".")[0] == "rbench"
    ]
    assert wrong == []


def test_nothing_that_runs_code_from_data(trees: Tree) -> None:
    wrong = []
    for path, tree in trees.items():
        wrong += [
            f"{path}:{line} imports {name}"
            for line, name in foreign(tree)
            if name.partition(".")[0] in UNPICKLERS or name in UNSAFE
        ]
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in UNSAFE:
                wrong.append(f"{path}:{node.lineno} calls {ast.unparse(node.func)}")
            elif isinstance(node, ast.keyword) and node.arg == "allow_pickle" and ast.unparse(node.value) != "False":
                wrong.append(f"{path}:{node.lineno} allows pickle")
    assert wrong == []


def test_no_file_is_long(root: Path, tracked: list[PurePosixPath]) -> None:
    sizes = {str(path): (root / path).stat().st_size for path in tracked if path.suffix == ".py"}
    assert {path: size for path, size in sizes.items() if size > LIMIT} == {}
