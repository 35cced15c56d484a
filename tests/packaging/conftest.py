from __future__ import annotations

import subprocess
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout's folder."""
    return ROOT


@pytest.fixture(scope="session")
def tracked(root: Path) -> list[PurePosixPath]:
    """The checkout's files that git tracks or would take, relative to its root."""
    if not (root / ".git").exists():
        pytest.skip("not a git checkout")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, check=True, capture_output=True).stdout.decode()
    return sorted({PurePosixPath(name) for name in listed.split("\0") if name and (root / name).is_file()})


@pytest.fixture(scope="session")
def modules(tracked: list[PurePosixPath]) -> list[PurePosixPath]:
    """The package's Python files: all but setup.py and what lies in folders that are not shipped."""
    return [
        path
        for path in tracked
        if path.suffix == ".py" and path.parts[0] not in {"docs", "results", "setup.py", "tests"}
    ]
