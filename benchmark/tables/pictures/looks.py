"""Colours, shapes and sizes that pictures share; the colours can be told apart by who is colour-blind."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

INK, RULE, PLAIN, PAPER = "#1b1f25", "#d0d7df", "#767677", "#fefefe"
"""Of text and axes, of grids, of baselines, and of text on dense ground; a page in the dark has others for them."""
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7b5ea7", "#8a6d00")
"""The first six are Okabe and Ito's (2008) without black and yellow."""
SHAPES = ("o", "s", "^", "D", "v", "P", "X")
WIDTH = 7.0
"""Inches: both columns of a page with two."""
LABEL = 80
"""Letters of an axis's label."""

SETTINGS = {
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
    "font.size": 8.0,
    "axes.titlesize": 8.0,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": RULE,
    "grid.linewidth": 0.5,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
}


def colours(methods: Iterable[str]) -> dict[str, str]:
    """Return a colour for each method, in the order of their first place; with more than eight they come again."""
    names = dict.fromkeys(method for method in methods if method)
    return {"": PLAIN, **{name: COLOURS[n % len(COLOURS)] for n, name in enumerate(names)}}


def shapes(names: Iterable[str]) -> dict[str, str]:
    """Return a marker for each name, in the order of their first place."""
    return {name: SHAPES[n % len(SHAPES)] for n, name in enumerate(dict.fromkeys(names))}


def shown(text: str, longest: int = 40) -> str:
    """Return text that matplotlib draws as itself: no mathematics, on one line, long names cut."""
    flat = " ".join("".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text).split())
    short = flat if len(flat) <= longest else f"{flat[: longest - 1]}…"
    return short.replace("$", r"\$")
