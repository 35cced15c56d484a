"""A small grid, the command line inside this process, and a Dask cluster that exists before it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from rbench.benchmark.cli import main

SIZE = {
    "checkerboard.users": 60,
    "checkerboard.items": 24,
    "checkerboard.longest": 10,
    "train.epochs": 2,
    "sasrec.hidden_size": 8,
}
SMALL = [
    *("--datasets", "checkerboard", "--attacks", "bra", "--modes", "direct", "--defenses", "none", "--seeds", "1"),
    *(f"--set={name}={value}" for name, value in SIZE.items()),
]
ENDLESS = ["--set=train.epochs=1000000", "--set=train.patience=1000000"]


FAILING = """
from dataclasses import dataclass
from rbench.attacks import ProviderAttack, register
from rbench.core.config import Options

@dataclass(frozen=True)
class FailingConfig(Options):
    pass

@register
class Failing(ProviderAttack[FailingConfig]):
    audience = "all"
    paper = "none"

    def pretrain(self, provider):
        raise ValueError(f"defined in {__file__}")
"""


class Done(NamedTuple):
    """What a command gave."""

    code: int
    out: str
    err: str


Command = Callable[..., Done]


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every test in a folder of its own, away from the user's store."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RBENCH_STORE", str(tmp_path / "store"))


@pytest.fixture
def small() -> list[str]:
    """The smallest grid with an attack: three cells, twelve stages."""
    return list(SMALL)


@pytest.fixture
def endless() -> list[str]:
    """Options with which training does not end."""
    return list(ENDLESS)


@pytest.fixture
def failing(tmp_path: Path) -> Path:
    """A plug-in file whose attack says where it is, and fails."""
    file = tmp_path / "failing.py"
    file.write_text(FAILING, "utf-8")
    return file


@pytest.fixture
def rbench(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command line in this process, as the console script does."""

    def run(*arguments: object) -> Done:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["rbench", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        return Done(int(left.value.code or 0), *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def cluster() -> Iterator[Any]:
    """Two workers of this machine, each in a process of its own, which runs join by their scheduler's address."""
    from rbench.benchmark.run.cluster.start import quiet, start

    with quiet(), start(2) as found:
        yield found


@pytest.fixture(scope="session")
def serial(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The records of the small grid, made in this process."""
    import rbench

    folder = tmp_path_factory.mktemp("serial")
    grid: dict[str, Any] = {"datasets": "checkerboard", "attacks": "bra", "modes": "direct", "defenses": "none"}
    where = {"store": folder / "store", "out": folder / "out", "executor": "serial", "display": "none"}
    rbench.run(**grid, seeds=1, options=SIZE, **where)
    return records(folder / "out")


@pytest.fixture
def record_files() -> Callable[[Path], dict[str, bytes]]:
    """Read the records of a folder of results."""
    return records


def records(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((out / "records").iterdir())}
