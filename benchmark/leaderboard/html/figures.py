"""A result set's pictures for its page, or what is missing where they cannot be drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ....core.errors import UserError
from ... import scenarios
from ...tables.result_sets import ResultSet, RowKey
from .inline import Rules, inline, inline_svg


@dataclass(frozen=True)
class Figure:
    """A picture on a page.

    Attributes:
        title: Its heading.
        caption: How it is read.
        svg: The picture itself, an element in which names are escaped.
    """

    title: str
    caption: str
    svg: str


def figures(
    result_set: ResultSet, prefix: str, rows: Mapping[RowKey, str], rules: Rules
) -> tuple[list[Figure], list[str]]:
    """Return a result set's pictures, and the titles of those that cannot be drawn without matplotlib.

    Args:
        result_set: The result set.
        prefix: Before the pictures' ids.
        rows: Where each row's marks lead, by id.
        rules: Those of the page, to which the pictures' are added.
    """
    scenario = scenarios.get(result_set.scenario)
    pictures = scenario.pictures(result_set)
    try:
        drawn = [
            Figure(one.title, one.caption, inline(one, f"{prefix}p{n}", rows, rules)) for n, one in enumerate(pictures)
        ]
        own = {name: content for name, content in scenario.figures(result_set).items() if name.endswith(".svg")}
    except UserError:  # what they are drawn with isn't installed
        return [], [picture.title for picture in pictures] or ["the scenario's own figures"]
    titles = {name: name.removesuffix(".svg").replace("-", " ").capitalize() for name in own}
    drawn += [
        Figure(titles[name], "", inline_svg(content, f"{prefix}o{n}", titles[name], rules))
        for n, (name, content) in enumerate(own.items())
    ]
    return drawn, []
