"""The leaderboard in HTML: every number of the tables, nothing that is loaded, links that lead somewhere."""

from __future__ import annotations

import base64
import hashlib
import random
import re
from collections import Counter
from dataclasses import replace
from urllib.parse import unquote

import federated_records
import pytest
from pretrained_records import HOSTILE, PROTOCOL, grid, record

from rbench.benchmark.leaderboard.aggregate import aggregate
from rbench.benchmark.leaderboard.build import build, tables
from rbench.benchmark.leaderboard.html import page as pages
from rbench.benchmark.leaderboard.render.cells import flat, written
from rbench.core.records.record import filename

NAMES = (
    HOSTILE,
    "</script><img src=x onerror=alert(1)>",
    "</table></title></style>-->",
    "\"><a href='javascript:alert(1)'>",
    "{{ 7 * 7 }}{% raw %}",
    "\u202eevil\u2066 marks",
    "\udcff\x00\x1b[31m",
    "&lt;b&gt; &amp;",
    "x" * 300,
)


def made(records):
    """Return the page of these records."""
    return build(records, html=True)["leaderboard.html"]


def defended(seeds=3):
    """Return the small grid with a repair of its first attack."""
    repaired = [record("bra", "direct", s, 20.0, "reestimate", "all") for s in range(seeds)]
    return [*grid(seeds), *repaired]


def test_the_same_records_give_the_same_bytes_in_any_order():
    shuffled = random.Random(0).sample(defended(), len(defended()))
    assert made(defended()) == made(shuffled)
    assert "leaderboard.html" not in build(grid())


@pytest.mark.parametrize("records", [defended(), federated_records.grid()], ids=["pretrained", "federated"])
def test_every_cell_of_every_table_is_there(read, records):
    page = read(made(records))
    for pair in aggregate(records):
        for table in tables(*pair):
            if table.rows:
                head = [flat(column.header) for column in table.columns]
                body = [[written(cell, flat) for cell in row] for row in table.rows]
                assert [head, *body] in page.tables
                assert all(flat(text) in page.text for text in table.caption if text)
    assert len(page.tables) > 5


def test_nothing_is_loaded_and_only_our_script_runs(read):
    content = made(defended()).decode()
    page = read(content.encode())
    [policy] = [found["content"] for tag, found in page.elements if "http-equiv" in found]
    [script] = page.scripts
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; base-uri 'none'"
    assert not page.values("src") and not {"link", "iframe", "object", "img", "base"} & {
        tag for tag, _ in page.elements
    }
    assert not re.search(r"@import|url\((?!#)", content)
    assert all(href.startswith(("#", "records/", "leaderboard")) for href in page.values("href"))


def test_links_lead_somewhere_and_ids_are_unique(read):
    page = read(made([*defended(), *(replace(r, protocol={**PROTOCOL, "loss": "softmax"}) for r in defended())]))
    ids = page.values("id")
    assert len({*ids}) == len(ids)
    inside = [href[1:] for href in page.values("href") if href.startswith("#")]
    assert len(inside) > 50 and {*inside} <= {*ids}
    assert {*page.values("aria-labelledby")} <= {*ids}
    assert "numbers of different protocols must not be compared" in page.text


def test_without_a_script_everything_can_be_read(read):
    page = read(made(defended()))
    assert not page.values("hidden") and not any(name.startswith("on") for _, found in page.elements for name in found)
    assert not {"button", "input"} & {tag for tag, _ in page.elements}, "what only a script can answer, it adds itself"


def test_each_row_names_its_records_stages_and_seeds(read):
    page = read(made(defended()))
    for one in defended():
        assert f"records/{filename(one)}" in map(unquote, page.values("href"))
        assert any(one.stages["rank"] in row for table in page.tables for row in table)
    rows = [table for table in page.tables if table[0] == ["seed", "0", "1", "2"]]
    assert len(rows) == len({replace(one.cell, seed=0) for one in defended()})


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_hostile_name_is_only_text(read, name):
    def records(word):
        """Return a grid in which a word stands wherever a stranger's text can."""
        info = {"audience": "all", "config": {word: word}, "paper": word}
        own = [record(word, word, s, 30.0, audience="all", attack_info=info) for s in range(3)]
        failed = replace(record(word, "ft", 7, 1.0), status="failed", error=word)
        every = [*grid(), *own, record(word, "ft", 0, 1.0, word, "all"), failed]
        return [
            replace(
                one,
                cell=replace(one.cell, dataset=word, model=word),
                protocol={**PROTOCOL, word: word},
                stages={word: word},
                versions={word: word},
                targets=[{"item": word, "popularity": 1}],
            )
            for one in every
        ]

    page, plain = read(made(records(name))), read(made(records("harmless")))
    # Rows are sorted by their names, so that the elements may come in another order.
    kinds = [Counter((tag, *found) for tag, found in one.elements) for one in (page, plain)]
    assert kinds[0] == kinds[1] and page.scripts == plain.scripts and flat(name) in page.text
    assert not re.search(r"[\u202a-\u202e\u2066-\u2069\x00\x1b]", page.text)


def test_a_large_page_is_cut_to_summary_and_claims(read, monkeypatch):
    whole = read(made(defended()))
    monkeypatch.setattr(pages, "MOST_RECORDS", len(defended()) - 1)
    page = read(made(defended()))
    assert [table[0][0] for table in page.tables] == ["attack", "claim"] and len(whole.tables) > 10
    assert "leaderboard.csv" in page.values("href") and "Of more than 35 cells" in page.text
