"""README's BibTeX entry and CITATION.cff cite the same thing, under the licence of the package."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


def test_both_citations_agree():
    cff = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= {*cff}, "what the format requires"
    (entry,) = re.findall(r"```bibtex\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    fields = dict(re.findall(r"^  (\w+) += \{+(.*?)\}+,?$", entry, re.MULTILINE))
    assert fields["title"] == cff["title"]
    assert fields["author"] == " and ".join(author["name"] for author in cff["authors"])
    assert f"{cff['license']} License" in (ROOT / "LICENSE").read_text("utf-8")
