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

_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_THEME = {looks.INK: "ink", looks.RULE: "rule", looks.PLAIN: "soft", looks.PAPER: "paper"}
_THEME |= {colour: f"c{n}" for n, colour in enumerate(looks.COLOURS)}
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_DECIMALS, _TWO = re.compile(r"(\.\d\d)\d+"), r"\1"
_STYLE = f"{{{_SVG}}}style"
"""It would hold for the whole page."""


def inline(picture: Picture, prefix: str, rows: Mapping[RowKey, str]) -> str:
    """Return a picture as an element of a page.

    Args:
        picture: The picture.
        prefix: Before its ids, so that no other element of the page has the same.
        rows: Where each row's marks lead, by id.

    Raises:
        UserError: If matplotlib isn't installed.
    """
    found = [(flat(mark.label), rows.get(mark.about)) for mark in marks(picture)]
    return inline_svg(draw(picture, background="none"), prefix, f"{picture.title}: {picture.subject}", found)


def inline_svg(svg: bytes, prefix: str, label: str, found: Sequence[tuple[str, str | None]] = ()) -> str:
    """Return what matplotlib drew as an element of a page, in the page's colours.

    Args:
        svg: The file.
        prefix: Before its ids.
        label: What the picture is, for those who do not see it.
        found: Text and, as an id, place of each element whose id is ``mark-n``, n from 0.
    """
    root = ET.fromstring(svg)
    for part in [child for child in root if child.tag == f"{{{_SVG}}}metadata" or child.find(_STYLE) is not None]:
        root.remove(part)
    for n, (text, place) in enumerate(found):
        _name(root, f"mark-{n}", text, place)
    _own_ids(root, prefix)
    _shorten(root)
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.attrib |= {"role": "group", "aria-label": flat(label)}
    for name, uri in (("", _SVG), ("xlink", _XLINK)):
        ET.register_namespace(name, uri)
    return ET.tostring(root, encoding="unicode")  # which escapes the names in it


def _name(root: ET.Element, mark: str, text: str, place: str | None) -> None:
    """Put what a mark is into it, and a link around its content."""
    [group] = [element for element in root.iter() if element.get("id") == mark]
    content = list(group)
    for child in content:
        group.remove(child)
    # Who has no mouse follows the links of the table, which are the same and fewer.
    link = ET.SubElement(group, f"{{{_SVG}}}a", {"href": f"#{place}", "tabindex": "-1"}) if place else group
    ET.SubElement(link, f"{{{_SVG}}}title").text = text
    link.extend(content)
    group.set("class", "mark")


def _own_ids(root: ET.Element, prefix: str) -> None:
    """Leave only ids that something refers to, each with the prefix."""
    used = set()
    for element in root.iter():
        for name, value in element.attrib.items():
            if name == f"{{{_XLINK}}}href":
                used.add(value[1:])
            used |= {*_REFERENCE.findall(value)}
    for element in root.iter():
        for name, value in element.attrib.items():
            if name == f"{{{_XLINK}}}href":
                element.set(name, f"#{prefix}-{value[1:]}")
            elif "url(#" in value:
                element.set(name, _REFERENCE.sub(rf"url(#{prefix}-\1)", value))
        own = element.attrib.pop("id", None)
        if own in used:
            element.set("id", f"{prefix}-{own}")


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
                element.set(name, " ".join(_DECIMALS.sub(_TWO, value).split()))
        if element.get("transform", "").startswith("rotate(-0 "):
            del element.attrib["transform"]


def _themed(style: str) -> str:
    kept = [part.strip() for part in style.split(";") if not part.strip().startswith("font-family")]
    for n, part in enumerate(kept):
        name, _, value = part.partition(": ")
        kept[n] = f"{name}:var(--{_THEME[value]})" if value in _THEME else f"{name}:{_DECIMALS.sub(_TWO, value)}"
    return ";".join(kept)
