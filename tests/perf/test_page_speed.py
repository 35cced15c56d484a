"""The page of 10,000 cells: how long it takes to write and to open, as few rows of many seeds and as many of few."""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from large_grid import PUBLISHED
from publishing import Task

from rbench.core.records.folder import read_all
from rbench.core.records.record import filename, to_bytes

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: make browser")
TASK = Task(
    "page",
    "The page in HTML of 10,000 cells",
    "s",
    "",
    'make perf ARGS="-k test_page_of_a_large_grid"',
    "The records of results/ml-100k with more seeds, or with more labels of five seeds each. Write: rbench report "
    "--html, with records to read and all other files to write; processor seconds. Open: until Chromium has loaded the "
    "page, its script is done and it is drawn; by the clock. Beside other work on both cores.",
)
CELLS, WRITE, OPEN, SIZE = 10_000, 10.0, 3.0, 3_000_000
"""Cells, and the most that seconds and bytes may be."""


def seeds(records, n):
    """Return records of n cells or a few more, in as many rows as the given ones have."""
    rows = len({replace(record.cell, seed=0) for record in records})
    first = [record for record in records if record.cell.seed == 0]
    return [replace(r, cell=replace(r.cell, seed=seed)) for seed in range(-(-n // rows)) for r in first]


def labels(records, n):
    """Return records of n cells or a few more, in which each attack has many labels; baselines stay as they are."""
    attacks = [record for record in records if record.attack_info.get("audience")]
    baselines = [record for record in records if not record.attack_info.get("audience")]
    named = [
        replace(record, cell=replace(record.cell, attack=f"{record.cell.attack}:rate=0.{k:04d}"))
        for k in range(-(-(n - len(baselines)) // len(attacks)))
        for record in attacks
    ]
    return [*baselines, *named]


@pytest.mark.parametrize("shape", [seeds, labels])
def test_page_of_a_large_grid(benchmark, shape, tmp_path, publish, capsys):
    (tmp_path / "records").mkdir()
    made = shape(read_all(PUBLISHED / "records"), CELLS)
    for record in made:
        (tmp_path / "records" / filename(record)).write_bytes(to_bytes(record))
    rows = len({replace(record.cell, seed=0) for record in made})
    before = _worked()
    subprocess.run([sys.executable, "-m", "rbench", "report", str(tmp_path), "--html"], capture_output=True, check=True)
    written = _worked() - before
    page = tmp_path / "leaderboard.html"
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        tab = browser.new_page()
        opened = benchmark.pedantic(_open, (tab, page.as_uri()), rounds=1)
        browser.close()
    benchmark.extra_info |= {"write": written, "open": opened, "bytes": page.stat().st_size}
    for what, value in (("write", written), ("open", opened)):
        publish(TASK, f"{what}, {len(made):,} cells in {rows:,} rows", value)
    with capsys.disabled():
        print(f"\n{rows:,} rows: written in {written:.1f} s of one processor, opened in {opened:.2f} s")
    assert written < WRITE and opened < OPEN and page.stat().st_size < SIZE


def _worked():
    """Return the processor seconds of all processes that this one has waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _open(tab, address):
    """Return the seconds until a page is loaded, its script done and its first table drawn."""
    began = time.perf_counter()
    tab.goto(address)
    tab.locator("thead button").first.wait_for()
    tab.evaluate("() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    return time.perf_counter() - began
