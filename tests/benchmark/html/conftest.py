"""Pages as a parser reads them."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

VOID = {"meta", "link", "br", "input", "img", "hr"}


class Page(HTMLParser):
    """What a page holds: elements with their attributes, those of pictures apart, the text of cells, and all text."""

    def __init__(self, content: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.drawn: list[tuple[str, dict[str, str | None]]] = []
        self.tables: list[list[list[str]]] = []
        self.scripts: list[str] = []
        self.text, self._open = "", list[str]()
        self.feed(content.decode("utf-8"))
        self.close()
        assert not self._open, "every element is closed"

    def handle_starttag(self, tag, attrs):
        assert len({name for name, _ in attrs}) == len(attrs), "no attribute stands twice"
        (self.drawn if "svg" in {tag, *self._open} else self.elements).append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
        elif tag == "script":
            self.scripts.append("")

    def handle_startendtag(self, tag, attrs):
        (self.drawn if "svg" in self._open else self.elements).append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if "script" in self._open:
            self.scripts[-1] += data
        elif "style" not in self._open:
            self.text += data
            if {"td", "th"} & {*self._open}:
                self.tables[-1][-1][-1] += data

    def values(self, name):
        """Return an attribute's values, in the order of the page."""
        return [found[name] for _, found in [*self.elements, *self.drawn] if name in found]


@pytest.fixture
def read():
    """Return a reader of a page's bytes."""
    return Page
