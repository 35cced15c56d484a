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

DRAWN = {"svg", "g", "path", "use", "defs", "clippath", "rect", "text", "tspan", "a", "title"}
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


def test_hostile_names_are_only_text(read):
    def records(names):
        """Return a grid in which strangers' words stand wherever they can."""
        found = []
        for n, word in enumerate(names):
            other = names[n - 1]
            info = {"audience": "all", "config": {word: word}, "paper": word}
            own = [record(word, other, s, 30.0, audience="all", attack_info=info) for s in range(2)]
            found += [*own, record(word, other, 0, 20.0, word, "all")]
            found.append(replace(record(word, "ft", 7, 1.0), status="failed", error=word))
        same = {
            "protocol": {**PROTOCOL, **{word: word for word in names}},
            "stages": {word: word for word in names},
            "versions": {word: word for word in names},
        }
        place = {"dataset": names[0], "model": names[1]}
        target = [{"item": names[2], "popularity": 1}]
        return [replace(one, cell=replace(one.cell, **place), targets=target, **same) for one in [*grid(), *found]]

    harmless = [f"harmless-{n}" for n in range(len(NAMES))]
    page, plain = read(made(records(NAMES))), read(made(records(harmless)))
    # Rows are sorted by their names, so that the elements may come in another order.
    kinds = [Counter((tag, *found) for tag, found in one.elements) for one in (page, plain)]
    assert kinds[0] == kinds[1] and page.scripts == plain.scripts
    assert {tag for tag, _ in page.drawn} <= DRAWN
    assert {name for _, found in page.drawn for name in found} == {name for _, found in plain.drawn for name in found}
    assert all(value.startswith("#") for _, found in page.drawn for name, value in found.items() if "href" in name)
    for name in NAMES:
        assert flat(name) in page.text
    assert not re.search(r"[\u202a-\u202e\u2066-\u2069\x00\x1b]", page.text)


def test_a_large_page_is_cut_to_summary_and_claims(read, monkeypatch):
    whole = read(made(defended()))
    monkeypatch.setattr(pages, "MOST_RECORDS", len(defended()) - 1)
    page = read(made(defended()))
    assert [table[0][0] for table in page.tables] == ["attack", "claim"] and len(whole.tables) > 10
    assert "leaderboard.csv" in page.values("href") and "Of more than 35 cells" in page.text


def test_what_several_result_sets_share_is_written_once(read):
    others = [replace(r, cell=replace(r.cell, model="gru4rec")) for r in defended()]
    one, both = made(defended()), made([*defended(), *others])
    page = read(both)
    told = [found for tag, found in page.elements if tag == "dl"]
    assert len(told) == len([tag for tag, _ in read(one).elements if tag == "dl"])
    links = [href for href in page.values("href") if href == "#d1-summary"]
    assert len(links) == 2, "from the result set's own list, and from the other's table"
    assert page.text.count("What the columns are, and how else they are read, stands under") == len(told) > 3


def test_styles_of_pictures_are_rules_of_the_page(read):
    content = made(defended()).decode()
    page = read(content.encode())
    used = {found["class"] for _, found in page.drawn if "class" in found} - {"mark"}
    rules = re.findall(r"^\.(s\d+) \{ (.+) \}$", content, re.MULTILINE)
    assert {name for name, _ in rules} == used and len({style for _, style in rules}) == len(rules) > 10
    assert not any("style" in found for _, found in page.drawn)
    assert any("var(--c0)" in style for _, style in rules), "in the dark the page has other colours"
