"""What to cite: one entry a paper, well formed whatever a name holds, and rbench as README has it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pretrained_records import HOSTILE, grid, record

from rbench.benchmark.leaderboard.bibtex import RBENCH, bibtex

ROOT = Path(__file__).parents[2]


def entries(text):
    """Return key to fields of every entry, each brace matched with its own, as BibTeX reads it."""
    found, depth, start = {}, 0, 0
    for place, letter in enumerate(text):
        depth += (letter == "{") - (letter == "}")
        assert depth >= 0
        if letter == "{" and depth == 1:
            start = place + 1
        elif letter == "}" and depth == 0:
            key, _, fields = text[start:place].partition(",")
            found[key] = dict(re.findall(r"^  (\w+) += \{(.*)\}", fields, re.MULTILINE))
    assert depth == 0
    return found


def cited(*papers, defense="none"):
    made = [
        record("bra", "direct", seed, 1.0, defense, attack_info={"audience": "all", "config": {}, "paper": paper})
        for seed, paper in enumerate(papers)
    ]
    return entries(bibtex(made))


def test_papers_of_attacks_and_of_the_links_of_a_chain():
    found = cited(
        "Wu et al., Attacking Pre-trained Recommendation, SIGIR 2023", defense="kmeans+fine-pruning:share=0.1"
    )
    assert [*found] == ["rbench", "liu2018fine", "wu2023attacking"]
    assert found["wu2023attacking"] == {
        "author": "Wu and others",
        "title": "Attacking Pre-trained Recommendation",
        "howpublished": "SIGIR",
        "year": "2023",
    }


@pytest.mark.parametrize(
    ("paper", "key", "fields"),
    [
        ("Sun et al., Can You?, arXiv:1911.07963, 2019", "sun2019can", {"howpublished": "arXiv:1911.07963"}),
        ("Kapoor et al., A Review, of Attacks, 2017", "kapoor2017review", {"title": "A Review, of Attacks"}),
        ("Singh and Joachims, Fairness, KDD 2018", "singh2018fairness", {"author": "Singh and Joachims"}),
        ("somebody's blog", "paper", {"note": "somebody's blog"}),
        ("a, 2019", "paper", {"note": "a, 2019"}),
    ],
)
def test_forms_of_a_paper(paper, key, fields):
    found = cited(paper)[key]
    assert {name: found[name] for name in fields} == fields


def test_no_paper_has_no_entry_and_like_keys_differ():
    assert [*cited("none; defined in rbench", "", defense="no-such-defense")] == ["rbench"]
    assert [*cited("Wu et al., Attacking A, X 2023", "Wu et al., Attacking B, X 2023")][1:] == [
        "wu2023attacking",
        "wu2023attacking-2",
    ]


@given(st.text())
def test_braces_are_closed_whatever_a_name_holds(name):
    if name and not name.startswith("none"):
        assert len(cited(name)) == 2 and len(cited(f"{name}, {name}, 2020")) == 2


def test_hostile_and_usual_records_can_be_cited():
    assert len(entries(bibtex([*grid(), record(attack_info={"audience": None, "paper": HOSTILE})]))) == 4


def test_rbench_is_cited_as_in_readme():
    assert f"```bibtex\n{RBENCH}```" in (ROOT / "README.md").read_text("utf-8")
