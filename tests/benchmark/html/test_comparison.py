"""`rbench compare FIRST SECOND --html`: the same numbers as on a terminal, as a page."""

from __future__ import annotations

from click.testing import CliRunner
from pretrained_records import HOSTILE, grid, record

from rbench.benchmark.commands.compare import compare
from rbench.benchmark.leaderboard.compare_tables import closing, compare_tables
from rbench.benchmark.leaderboard.render.cells import flat, written
from rbench.benchmark.leaderboard.results import Results
from rbench.core.records.record import filename, to_bytes


def fill(folder, records):
    (folder / "records").mkdir(parents=True)
    for made in records:
        (folder / "records" / filename(made)).write_bytes(to_bytes(made))
    return folder


def test_the_page_has_what_the_terminal_shows(read, tmp_path):
    def records(more):
        changed = [record("bra", "direct", seed, 60.0 + seed % 2 + more, audience="all") for seed in range(3)]
        return [*(r for r in grid() if (r.cell.attack, r.cell.mode) != ("bra", "direct")), *changed]

    first, second = fill(tmp_path / "a", records(0)), fill(tmp_path / HOSTILE.replace("/", "_"), records(5))
    words = [str(first), str(second)]
    page = read(CliRunner().invoke(compare, [*words, "--html"], catch_exceptions=False).stdout_bytes)
    shown = CliRunner().invoke(compare, words, catch_exceptions=False).output
    found = Results.of(first).compare(second)
    metrics = ["HIT@5", "NDCG@5", "slot_share@5", "HR@10", "accuracy NDCG@10", "lambda", "lambda_difference"]
    [table] = compare_tables(found.differences, metrics)
    assert len(table.rows) == 10, "exposure of all, of the group and of the others, and what follows from it"
    body = [[written(cell, flat) for cell in row] for row in table.rows]
    assert page.tables == [[[column.header for column in table.columns], *body]]
    for sentence in (*found.sentences(), *closing(found.differences, metrics)):
        assert flat(sentence) in page.text and sentence.splitlines()[0] in shown
    assert {tag for tag, _ in page.elements} == {tag for tag, _ in read(made_plain(tmp_path)).elements}


def made_plain(folder):
    """Return the page of a folder and itself, none of whose names mean anything in HTML."""
    plain = fill(folder / "plain", [*grid(), record("pea", "ft", 0, 1.0, audience="group")])
    more = fill(folder / "more", [*grid(), record("pea", "ft", 0, 2.0, audience="group")])
    return CliRunner().invoke(compare, [str(plain), str(more), "--html"], catch_exceptions=False).stdout_bytes
