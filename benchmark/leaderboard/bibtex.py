"""What to cite for a leaderboard: rbench, and the papers of the methods that were run, as BibTeX."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ... import defenses
from ...core.records.record import Record
from ..tables.result_sets import method_name
from .render.latex import escape

RBENCH = """@software{rbench,
  title  = {rbench: a benchmark of attacks and defenses for recommender systems},
  author = {{rbench contributors}},
  year   = {2026}
}
"""
_LAST = re.compile(r"(?:(?P<venue>.+) )?(?P<year>\d{4})")


def bibtex(records: Iterable[Record]) -> str:
    """Return an entry for rbench and one for each paper, in alphabetical order of their keys.

    Records name the papers of attacks; those of rbench's own defenses are the defenses'.
    A paper is stated as ``Authors, Title, Venue Year``; what has another form becomes a note.
    """
    entries: dict[str, str] = {}
    for paper in sorted(_papers(records)):
        key, fields = _parsed(paper)
        unique = next(name for name in _names(key) if name not in entries)
        lines = ",\n".join(f"  {name:<6} = {{{_escaped(value)}}}" for name, value in fields.items())
        entries[unique] = f"@misc{{{unique},\n{lines}\n}}\n"
    return "\n".join([RBENCH, *(entries[key] for key in sorted(entries))])


def _papers(records: Iterable[Record]) -> set[str]:
    """Return the papers of records' methods; what begins with ``none`` says that there is none."""
    known, stated, labels = defenses.registry, set[str](), set[str]()
    for record in records:
        stated.add(str(record.attack_info.get("paper") or ""))
        labels.add(record.cell.defense)
    names = {method_name(link) for label in labels for link in label.split("+")}
    # Of rbench's own alone: a page must not depend on what else is installed.
    stated |= {str(known.get(name).paper) for name in names if known.origin(name)}
    return {paper for paper in stated if paper and not paper.startswith("none")}


def _parsed(paper: str) -> tuple[str, dict[str, str]]:
    """Return a key and the fields of a paper's entry."""
    authors, *title, last = paper.split(", ") if paper.count(", ") > 1 else ("", "", "")
    found = _LAST.fullmatch(last)
    if not found:
        return "paper", {"note": paper}
    venue = found["venue"] or ""
    if title[-1:] and title[-1].startswith("arXiv:"):
        venue = title.pop()
    if not title:
        return "paper", {"note": paper}
    names = authors.removesuffix(" et al.")
    fields = {"author": names if names == authors else f"{names} and others", "title": ", ".join(title)}
    fields |= {"howpublished": venue} if venue else {}
    words = [word for word in re.findall(r"[a-z]+", ", ".join(title).lower()) if word not in ("a", "an", "the")]
    first = "".join(re.findall(r"[a-z]+", names.lower().split(" and ")[0]))
    return f"{first or 'paper'}{found['year']}{words[0] if words else ''}", {**fields, "year": found["year"]}


def _names(key: str) -> Iterator[str]:
    yield key
    yield from (f"{key}-{n}" for n in range(2, 1_000_000))


def _escaped(text: str) -> str:
    """Return text that is typeset as itself, and in which BibTeX finds every brace closed."""
    return escape(text).replace(r"\{", r"\textbraceleft{}").replace(r"\}", r"\textbraceright{}")
