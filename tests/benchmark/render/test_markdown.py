"""Markdown, held against a parser of it: a name is read as the text that it is, wherever it stands."""

from __future__ import annotations

import re

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from rbench.benchmark.leaderboard.render import markdown
from rbench.benchmark.leaderboard.render.cells import flat

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
INLINE = {"text", "strong_open", "strong_close", "em_open", "em_close"}
MARKED = st.text(st.sampled_from("|\\`*_[]()<>!#&;:/@.-+=~$\"'{} \n\tab1w"))
TEXTS = st.text() | MARKED


def tokens(source):
    """Return all tokens, those inside paragraphs and cells too."""
    return [inner for token in PARSER.parse(source) for inner in [token, *(token.children or [])]]


def texts(source):
    """Return what each paragraph, heading or cell says to its reader."""
    return ["".join(t.content for t in token.children) for token in PARSER.parse(source) if token.type == "inline"]


@given(TEXTS)
@example("<a>")
@example("a <")
@example("< b")
def test_a_cell_says_what_the_name_says(name):
    source = f"| {markdown.escape(name)} | {markdown.escape(name)} |\n| --- | --- |\n| 1 | {markdown.escape(name)} |\n"
    said = flat(name)
    assert texts(source) == [said, said, "1", said]
    assert {inner.type for token in PARSER.parse(source) for inner in token.children or []} == {"text"}


@given(TEXTS)
def test_a_paragraph_says_what_the_name_says(name):
    source = f"before\n\n{markdown.escape(name)}\n\nafter\n"
    assert [said for said in texts(source) if said] == [said for said in ("before", flat(name), "after") if said]
    assert {t.type for t in tokens(source)} <= {"paragraph_open", "paragraph_close", "inline", "text"}


@given(TEXTS)
def test_there_is_nothing_that_github_would_link(name):
    source = markdown.escape(name)
    assert not re.search(r"\w://|(?i:\bwww\.|\bmailto:|\bxmpp:)", source)
    assert not re.search(r"(?<!\w)@|\w@[\w-]*\.\w", source)


def test_what_is_harmless_stays_readable():
    for plain in (
        "HIT@5 %",
        "ER@K: share",
        "slot_share@5",
        "p < 0.05",
        "a <= b",
        "λ",
        "ΔHR@10 vs Clean",
        "pea:suppress=0",
    ):
        assert markdown.escape(plain) == plain


def test_every_name_of_a_hostile_table_is_text(hostile, name):
    source = markdown.render([hostile])
    assert {t.type for t in tokens(source)} <= INLINE | {
        *("inline", "heading_open", "heading_close", "paragraph_open", "paragraph_close"),
        *(f"{part}_{end}" for part in ("table", "thead", "tbody", "tr", "th", "td") for end in ("open", "close")),
        *(f"{part}_{end}" for part in ("bullet_list", "list_item") for end in ("open", "close")),
    }
    said, shown = texts(source), flat(name)
    assert said[:2] == [shown, flat(f"T{name}")]
    assert said[2:6] == [shown, flat(f"{name} %"), "p", "verdict"]
    cell = shown if name else "–"
    assert said[6:9] == [cell, "1.25 [1.00, 1.50]", "< 0.001"]
    assert said[10:14] == ["plain", "-2.5", cell, "–"]
    assert said[14:17] == [cell, "0.50 (0.25 to 0.75)", "7"]


def test_a_table_as_it_is_printed(small):
    assert markdown.render([small]) == (
        "## d · m\n\n### Short\n\n"
        "| attack | HIT | verdict |\n| --- | ---: | --- |\n"
        "| clean | 0.10 [0.08, 0.12] | **holds** |\n| bra | – | **fails** (too few) |\n\n"
        "**not run** (no records): x\n\n*How to read it.*\n\n- a: b\n"
    )
