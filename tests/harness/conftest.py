"""A benchmark so small that every test can run it, and the command line inside this process or outside."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from rbench.benchmark.cli import main
from rbench.benchmark.grid import plan
from rbench.benchmark.grid import resolve as grid
from rbench.benchmark.grid.options import parse_assignments

SETTINGS = {
    "checkerboard.users": 60,
    "checkerboard.items": 24,
    "checkerboard.longest": 10,
    "train.epochs": 2,
    "finetune.epochs": 1,
    "prompttune.epochs": 1,
    "sasrec.hidden_size": 8,
}
SIZE = ["--datasets", "checkerboard", *(f"--set={name}={value}" for name, value in SETTINGS.items())]
GRID = ["--attacks", "bra,pea", "--modes", "direct,pt", "--defenses", "kmeans", "--seeds", "1", "--set=pea.epochs=1"]
SMALL = ["--attacks", "bra", "--modes", "direct", "--defenses", "none", "--seeds", "1"]


@dataclass
class Done:
    """What a command gave."""

    code: int
    out: str
    err: str

    @property
    def computed(self) -> int:
        """How many stages a run says that it computed."""
        (line,) = [line for line in self.out.splitlines() if "stages computed" in line]
        return int(line.rpartition("; ")[2].split()[0])


@dataclass
class Finished:
    """A finished run that nobody may change: copy it."""

    store: Path
    out: Path


Command = Callable[..., Done]


def files(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder by its relative path; what runs tell of themselves is left out."""
    found = [path for path in sorted(folder.rglob("*")) if path.is_file() and ".runs" not in path.parts]
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every test in a folder of its own, away from the user's store."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RBENCH_STORE", str(tmp_path / "store"))
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture
def size() -> list[str]:
    """Options that make everything tiny."""
    return list(SIZE)


@pytest.fixture
def small() -> list[str]:
    """The smallest grid with an attack: three cells, twelve stages."""
    return [*SIZE, *SMALL]


@pytest.fixture
def whole() -> list[str]:
    """The grid of ``finished``."""
    return [*SIZE, *GRID]


@pytest.fixture
def rbench(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command line in this process, as the console script does."""

    def run(*arguments: object) -> Done:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["rbench", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capsys.readouterr()
        return Done(int(left.value.code or 0), out, err)

    return run


@pytest.fixture
def process() -> Command:
    """Run a command line in a process of its own."""

    def run(*arguments: object, **environment: str) -> Done:
        command = [sys.executable, "-m", "rbench", *map(str, arguments)]
        ended = subprocess.run(
            command, capture_output=True, text=True, timeout=100, env=os.environ | environment, check=False
        )
        return Done(ended.returncode, ended.stdout, ended.stderr)

    return run


@pytest.fixture(scope="session")
def _finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    folder = tmp_path_factory.mktemp("finished")
    found = Finished(folder / "store", folder / "out")
    command = [sys.executable, "-m", "rbench", "run", *SIZE, *GRID, "--executor", "serial", "--display", "none"]
    command += ["--store", str(found.store), "--out", str(found.out)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert ended.returncode == 0, ended.stderr
    return found


@pytest.fixture
def finished(_finished: Finished, tmp_path: Path) -> Iterator[Finished]:
    """A copy of a finished run, to be spoilt at will."""
    shutil.copytree(_finished.store, tmp_path / "store")
    shutil.copytree(_finished.out, tmp_path / "out")
    yield Finished(tmp_path / "store", tmp_path / "out")


@pytest.fixture
def contents() -> Callable[[Path], dict[str, bytes]]:
    """Every file below a folder, by its path there."""
    return files


@pytest.fixture
def planned() -> Callable[..., plan.Plan]:
    """Plan the tiny benchmark, with further options as to --set and fields of the request."""

    def build(*assignments: str, **fields: object) -> plan.Plan:
        given = [*(f"{name}={value}" for name, value in SETTINGS.items()), "pea.epochs=1", *assignments]
        request = {"datasets": ("checkerboard",), "seeds": (0,), "attacks": ("bra", "pea"), "modes": ("direct", "pt")}
        return plan.build(grid.build(grid.Request(**(request | fields), file=parse_assignments(given))))

    return build


def _one_sentence(done: Done, *needles: str) -> None:
    assert done.code == 2, done
    assert all(re.match(r"\[\d+/\d+\] (dataset|partition|targets) ", line) for line in done.out.splitlines()), done.out
    assert done.err.startswith("Error: ")
    assert done.err.count("\n") == 1 and done.err.endswith("\n"), done.err
    for needle in needles:
        assert needle in done.err


@pytest.fixture
def one_sentence() -> Callable[..., None]:
    """Check that a command was refused in one sentence with certain words."""
    return _one_sentence


@pytest.fixture
def refused(rbench, tmp_path, contents):
    """Runs what must be refused, and checks the manners."""

    def run(*arguments, needles=(), command="run"):
        before = {name for name in contents(tmp_path) if not name.startswith("store/")}
        sink = ["--out", "results"] if command == "run" and "--out" not in arguments else []
        _one_sentence(rbench(command, *arguments, *sink), *needles)
        assert {name for name in contents(tmp_path) if not name.startswith("store/")} == before
        assert not (tmp_path / "results").exists()

    return run
