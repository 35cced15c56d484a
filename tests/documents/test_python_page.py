"""docs/python.md runs from top to bottom, and prints what it shows."""

from __future__ import annotations

from pathlib import Path

import pytest


def test_every_block_runs_and_prints_what_stands_below_it(
    blocks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    page = blocks("docs/python.md")
    assert {language for language, _, _ in page} == {"python", "text"}
    names: dict[str, object] = {"__name__": "page"}
    printed, compared = "", 0
    for number, (language, _, content) in enumerate(page, 1):
        if language == "text":
            assert printed == content, f"block {number}"
            compared += 1
            continue
        exec(compile(content, f"docs/python.md, block {number}", "exec"), names)
        printed, said = capsys.readouterr()
        assert said == "", f"block {number}"
    assert compared == 7
    assert (tmp_path / "first-look" / "leaderboard.csv").is_file()
