"""`rbench report --format` prints the tables that the API has, and writes nothing."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import subprocess
import sys

import pytest
from click.testing import CliRunner
from pretrained_records import HOSTILE, grid, record

from rbench.benchmark.commands.report import report
from rbench.benchmark.leaderboard.build import build
from rbench.core.errors import UserError
from rbench.core.records.record import filename, to_bytes


@pytest.fixture
def folder(tmp_path):
    """Return a folder with records and nothing else."""
    (tmp_path / "records").mkdir()
    hostile = [record(HOSTILE, "direct", seed, 30.0, audience="all") for seed in range(3)]
    for made in [*grid(), *hostile]:
        (tmp_path / "records" / filename(made)).write_bytes(to_bytes(made))
    return tmp_path


def printed(folder, *options):
    """Return what the command prints, and see that no file is written."""
    done = CliRunner().invoke(report, [str(folder), *options], catch_exceptions=False)
    assert done.exit_code == 0 and [path.name for path in folder.iterdir()] == ["records"]
    return done.output


def test_markdown_is_what_the_file_has(folder):
    made = [record(HOSTILE, "direct", seed, 30.0, audience="all") for seed in range(3)]
    page = build([*grid(), *made])["leaderboard.md"].decode()
    summary = printed(folder, "--format", "markdown", "--table", "summary")
    assert summary.partition("### In short")[2] in page and "### Detection" not in summary
    lines = printed(folder, "--format", "markdown").splitlines()
    assert {*lines} - {*page.splitlines()} == {"### Claims"}, "which the page has a section for"


def test_every_format_has_every_number(folder):
    for form in ("terminal", "markdown", "latex"):
        text = printed(folder, "--format", form, "--table", "summary").replace("$", "")
        assert "60.02 [59.88, 60.15]" in text and text.count("chance") == 1
    [table] = json.loads(printed(folder, "--format", "json", "--table", "summary"))
    rows = list(csv.reader(io.StringIO(printed(folder, "--format", "csv", "--table", "summary"))))
    place = [column["header"] for column in table["columns"]].index("HIT@5 %")
    numbers = [row[place].get("number") for row in table["rows"]]
    assert [f"{number:.6g}" for number in numbers] == [row[2] for row in rows[1:]] and rows[0][2] == "HIT@5 %"
    tables = json.loads(printed(folder, "--format", "json"))
    assert [table["name"] for table in tables] == ["summary", "global", "group", "detection", "claims"]


def test_what_cannot_be_printed_is_said_in_one_sentence(folder):
    with pytest.raises(UserError, match=r"unknown table 'sumary'; did you mean summary\?"):
        printed(folder, "--table", "sumary")
    with pytest.raises(UserError, match="give one of the two"):
        printed(folder, "--check", "--format", "csv")


@pytest.mark.parametrize("width", [80, 120])
def test_a_terminal_gets_what_fits_and_a_pipe_the_full_width(folder, width):
    command = [sys.executable, "-m", "rbench", "report", str(folder), "--table", "summary"]
    piped = subprocess.run(command, capture_output=True, check=True, encoding="utf-8").stdout
    assert max(map(len, piped.splitlines())) > 120
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(width)}
    with subprocess.Popen(command, stdout=theirs, env=environment) as process:
        os.close(theirs)
        shown = b""
        try:
            while piece := os.read(ours, 1 << 16):
                shown += piece
        except OSError:  # how Linux says that the other end is closed
            pass
    os.close(ours)
    lines = shown.decode().splitlines()
    assert process.returncode == 0 and max(map(len, lines)) <= width
    assert sum(line.startswith("attack ") for line in lines) > 1, "it stands in pieces"
