"""docs/performance.md is what the JSON files in docs/perf give, and its commands exist."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
import rbench_perf_page as page
import rbench_perf_publishing as publishing

from rbench.benchmark.cli import cli

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "perf"
TASK = publishing.Task("tea", "Make tea", "cups/h", "a kettle", "make run", "On a quiet day.")


def commands() -> list[str]:
    tasks = [json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))]
    named = [one["command"] for task in tasks for one in (task, *task["rows"]) if one.get("command")]
    return list(dict.fromkeys(named))


def test_the_page_is_what_the_files_give():
    assert (ROOT / "docs" / "performance.md").read_text("utf-8") == page.render(FOLDER)


@pytest.mark.parametrize("command", commands())
def test_every_command_exists(command: str):
    program, *words = shlex.split(command)
    if program == "rbench":
        cli.commands[words[0]].make_context(words[0], words[1:])
    elif program == "make":
        assert f"\n{words[0]}:" in (ROOT / "Makefile").read_text("utf-8")
        tests = " ".join(path.read_text("utf-8") for path in (ROOT / "tests" / "perf").glob("test_*.py"))
        for chosen in re.findall(r"^ARGS=-k (\w+)$", "\n".join(words[1:]), re.MULTILINE):
            assert re.search(rf"^def test_\w*{chosen.removeprefix('test_')}\w*\(", tests, re.MULTILINE), chosen
    else:
        assert command == ".venv/bin/pytest"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "–"),
        (0.3, "0.3"),
        (13.125, "13.12"),
        (102508.0, "102,508"),
        ([2, 2.25], "2 to 2.25"),
        (0.00012, "0.00012"),
    ],
)
def test_numbers(value, written: str):
    assert page.number(value) == written


def test_what_a_benchmark_writes_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(publishing, "machine", lambda: "a samovar")
    publishing.record(tmp_path, TASK, "black", 12.3456, 6, 2.0576)
    publishing.record(tmp_path, TASK, "black", 12.3456, 3, 4.1152, against="a pot")
    publishing.record(tmp_path, TASK, "green", (1, 2), unit="l")
    publishing.record(tmp_path, replace(TASK, conditions="On a busy day."), "black", 8, 6, 1.3333)
    stored = json.loads((tmp_path / "tea.json").read_text("utf-8"))
    assert [(row["case"], row["rbench"]) for row in stored["rows"]] == [
        ("black", 8),
        ("black", 12.35),
        ("green", [1, 2]),
    ]
    shown = page.render(tmp_path)
    table = [line for line in shown.splitlines() if line.startswith("|")]
    assert table[2:] == [
        "| Make tea | black | 8 cups/h | 6 cups/h, a kettle | 1.333 | `make run` |",
        "|  | black | 12.35 cups/h | 3 cups/h, a pot | 4.115 |  |",
        "|  | green | 1 to 2 l | – | – |  |",
    ]
    date = stored["rows"][0]["date"]
    assert shown.endswith(f"\nMachine: a samovar.\n\n- Make tea: {date}. On a busy day.\n")


def test_two_machines_are_named_with_each_task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("a samovar", "an urn"):
        monkeypatch.setattr(publishing, "machine", lambda name=name: name)
        publishing.record(tmp_path, replace(TASK, name=name, task=f"Tea in {name}"), "black", 1)
    date = json.loads((tmp_path / "an urn.json").read_text("utf-8"))["rows"][0]["date"]
    assert f"- Tea in an urn: {date}, an urn. On a quiet day.\n" in page.render(tmp_path)
