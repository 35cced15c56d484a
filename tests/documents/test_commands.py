"""Every command in the documents is one that rbench understands."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest

from rbench.benchmark.cli import cli
from rbench.benchmark.commands.plan import plan

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ["README.md", *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md"))]
INTER = "user_id:token\titem_id:token\ttimestamp:float\n"
USER = "user_id:token\tgender:token\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current folder, with the data set mydata in it."""
    data = tmp_path / "mydata"
    data.mkdir()
    rows = [f"u{u}\ti{(u + k) % 9}\t{k}\n" for u in range(12) for k in range(3 + u % 4)]
    (data / "mydata.inter").write_text(INTER + "".join(rows), "utf-8")
    (data / "mydata.user").write_text(USER + "".join(f"u{u}\t{'FM'[u % 2]}\n" for u in range(12)), "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RBENCH_STORE", str(tmp_path / "store"))
    return tmp_path


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_command_parses(name: str, lines) -> None:
    for command, *words in lines(name, "rbench"):
        assert command in cli.commands, f"{name}: rbench {command}"
        cli.commands[command].make_context(command, list(words))


def test_the_readme_has_every_command(lines) -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert [name for name in cli.commands if f"| `rbench {name}` |" not in text] == []


def test_every_grid_of_the_readme_can_be_planned(lines, folder: Path) -> None:
    grids = [words for command, *words in lines("README.md", "rbench") if command in ("run", "plan")]
    assert len(grids) >= 4
    for words in grids:
        given = cli.commands["run"].make_context("run", list(words)).params
        args: list[str] = []
        for param in (param for param in plan.params if param.name in given):
            value, flag = given[param.name], param.opts[0]
            if isinstance(param, click.Option) and param.is_flag:
                args += [flag] if value else []
            else:
                values = value if param.multiple else [value]
                args += [word for v in values if v is not None for word in (flag, str(v))]
        assert not cli.main(["plan", *args], standalone_mode=False)


def test_the_readmes_data_set_is_read(lines, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (words,) = ([command, *rest] for command, *rest in lines("README.md", "rbench") if command == "data")
    assert not cli.main([*words, "--json"], standalone_mode=False)
    assert json.loads(capsys.readouterr().out)["attributes"]["gender"] == {"F": 6, "M": 6}


def test_every_target_of_make_is_there(lines) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    named = [words for name in ("README.md", "CONTRIBUTING.md") for words in lines(name, "make")]
    assert len(named) >= 3
    assert [words for words in named if f"\n{words[0]}:" not in makefile] == []
