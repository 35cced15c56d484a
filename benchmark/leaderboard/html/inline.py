"""Pictures as parts of a page: what a mark is appears when it is pointed at, and a click leads to its row."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence

from ...tables.pictures import looks
from ...tables.pictures.drawing import draw
from ...tables.pictures.picture import Picture, marks
from ...tables.result_sets import RowKey
from ..render.cells import flat

Rules = dict[str, str]
"""Styles of a page's pictures, each with the class that stands for it: hundreds of elements share a style."""
_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_THEME = {looks.INK: "ink", looks.RULE: "rule", looks.PLAIN: "soft", looks.PAPER: "paper"}
_THEME |= {colour: f"c{n}" for n, colour in enumerate(looks.COLOURS)}
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_DECIMALS = re.compile(r"\.(\d\d?)\d*")
_GROUP, _INVISIBLE = f"{{{_SVG}}}g", "fill:none"
_STYLE = f"{{{_SVG}}}style"
"""It would hold for the whole page."""


def inline(picture: Picture, prefix: str, rows: Mapping[RowKey, str], rules: Rules) -> str:
    """Return a picture as an element of a page.

    Args:
        picture: The picture.
        prefix: Before its ids, so that no other element of the page has the same.
        rows: Where each row's marks lead, by id.
        rules: Those of the page, to which the picture's are added.

    Raises:
        UserError: If matplotlib isn't installed.
    """
    found = [(flat(mark.label), rows.get(mark.about)) for mark in marks(picture)]
    return inline_svg(draw(picture, background="none"), prefix, f"{picture.title}: {picture.subject}", rules, found)


def stylesheet(rules: Rules) -> str:
    """Return a page's rules as CSS."""
    return "\n".join(f".{name} {{ {style} }}" for style, name in rules.items())


def inline_svg(svg: bytes, prefix: str, label: str, rules: Rules, found: Sequence[tuple[str, str | None]] = ()) -> str:
    """Return what matplotlib drew as an element of a page, in the page's colours.

    Args:
        svg: The file.
        prefix: Before its ids.
        label: What the picture is, for those who do not see it.
        rules: Those of the page, to which the picture's are added.
        found: Text and, as an id, place of each element whose id is ``mark-n``, n from 0.
    """
    root = ET.fromstring(svg)
    for part in [child for child in root if child.tag == f"{{{_SVG}}}metadata" or child.find(_STYLE) is not None]:
        root.remove(part)
    for n, (text, place) in enumerate(found):
        _name(root, f"mark-{n}", text, place)
    _own_ids(root, prefix)
    _shorten(root)
    _flatten(root)
    for element in root.iter():
        if style := element.attrib.pop("style", None):
            element.set("class", rules.setdefault(style, f"s{len(rules)}"))
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.attrib |= {"role": "group", "aria-label": flat(label)}
    ET.register_namespace("", _SVG)
    return ET.tostring(root, encoding="unicode")  # which escapes the names in it


def _name(root: ET.Element, mark: str, text: str, place: str | None) -> None:
    """Put what a mark is into it, and make it a link."""
    [group] = [element for element in root.iter() if element.get("id") == mark]
    title = ET.Element(f"{{{_SVG}}}title")
    title.text = text
    group.insert(0, title)
    group.set("class", "mark")
    if place:
        group.tag = f"{{{_SVG}}}a"
        # Who has no mouse follows the links of the table, which are the same and fewer.
        group.attrib |= {"href": f"#{place}", "tabindex": "-1"}


def _own_ids(root: ET.Element, prefix: str) -> None:
    """Leave only ids that something refers to, as numbers with the prefix."""
    used: dict[str, str] = {}

    def new(name: str) -> str:
        return used.setdefault(name, f"{prefix}-{len(used)}")

    for element in root.iter():
        if (link := element.attrib.pop(f"{{{_XLINK}}}href", None)) is not None:
            element.set("href", f"#{new(link[1:])}")
        for name, value in element.attrib.items():
            if "url(#" in value:
                element.set(name, _REFERENCE.sub(lambda found: f"url(#{new(found[1])})", value))
    for element in root.iter():
        own = element.attrib.pop("id", None)
        if own in used:
            element.set("id", used[own])


def _flatten(parent: ET.Element) -> None:
    """Leave out groups that say nothing of their elements, and paths that are not seen."""
    for child in parent:
        _flatten(child)
    seen = [child for child in parent if child.get("style") != _INVISIBLE]
    parent[:] = [leaf for child in seen for leaf in (child if child.tag == _GROUP and not child.attrib else [child])]


def _shorten(root: ET.Element) -> None:
    """Leave two decimals and no space between elements, and give it the page's colours and font."""
    for element in root.iter():
        if element.tag not in (f"{{{_SVG}}}text", f"{{{_SVG}}}tspan", f"{{{_SVG}}}title"):
            element.text = None
        element.tail = None
        for name, value in element.attrib.items():
            if name == "style":
                element.set(name, _themed(value))
            elif name in ("d", "x", "y", "transform", "points"):
                element.set(name, " ".join(_DECIMALS.sub(_two, value).split()))
        if element.get("transform", "").startswith("rotate(-0 "):
            del element.attrib["transform"]


def _two(found: re.Match[str]) -> str:
    digits = found[1].rstrip("0")
    return f".{digits}" if digits else ""


def _themed(style: str) -> str:
    kept = [part.strip() for part in style.split(";") if not part.strip().startswith("font-family")]
    for n, part in enumerate(kept):
        name, _, value = part.partition(": ")
        kept[n] = f"{name}:var(--{_THEME[value]})" if value in _THEME else f"{name}:{_DECIMALS.sub(_two, value)}"
    return ";".join(kept)
