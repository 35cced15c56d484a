"""Packages of strangers, installed where only the processes of these tests find them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent / "package"


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which pip has installed the package beside this file."""
    folder = tmp_path_factory.mktemp("outside")
    shutil.copytree(PACKAGE, folder / "source")
    quiet = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation", "--no-index"]
    command = [sys.executable, "-m", "pip", "install", *quiet, "--target", folder / "site", folder / "source"]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "site"


@pytest.fixture
def announce(tmp_path: Path) -> Callable[..., Path]:
    """Return what makes a folder with one module of a stranger's and its entry points."""

    def write(code: str, points: Mapping[str, str], name: str = "stranger") -> Path:
        site = tmp_path / "site"
        info = site / f"{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (site / f"{name}.py").write_text(code, "utf-8")
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", "utf-8")
        lines = [f"[{group}]\n{point}\n" for group, point in points.items()]
        (info / "entry_points.txt").write_text("\n".join(lines), "utf-8")
        return site

    return write


Python = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def python_in() -> Python:
    """Return a runner of ``python -m`` in a folder, that finds the packages of another, with a store of its own."""

    def run(folder: Path, site: Path, *words: object) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join([str(site), *filter(None, sys.path)])
        environment = os.environ | {"PYTHONPATH": path, "RBENCH_STORE": str(folder / "store")}
        command = [sys.executable, "-m", *map(str, words)]
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)

    return run


@pytest.fixture
def python(python_in: Python, tmp_path: Path) -> Python:
    """Return the same in the test's own folder."""
    return partial(python_in, tmp_path)
