"""Attacks against defenses: a cell a pair, denser where the number is higher, and the number in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import looks
from .picture import HeatMap

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DENSE = 0.6
"""From which share of the highest number text is light."""


def draw_heat_map(picture: HeatMap) -> Figure:
    """Return the figure; one colour becomes denser, so that it is read in grey too."""
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    figure = Figure(figsize=(looks.WIDTH, 0.9 + 0.24 * len(picture.rows)), layout="constrained")
    panel = figure.subplots()
    found = [mark.y.mean for row in picture.cells for mark in row if mark and mark.y.mean is not None]
    top = picture.highest or max(found, default=0.0) or 1.0
    n = 0
    for down, row in enumerate(picture.cells):
        for right, mark in enumerate(row):
            if mark is None:
                continue
            value = mark.y.mean or 0.0
            share = min(1.0, max(0.0, value / top))
            place = (right, down), 0.96, 0.92
            panel.add_patch(Rectangle(*place, facecolor=looks.COLOURS[0], alpha=share, gid=f"mark-{n}"))
            panel.add_patch(Rectangle(*place, facecolor="none", edgecolor=looks.RULE, linewidth=0.5))
            ink = looks.INK if share < _DENSE else looks.PAPER
            panel.text(right + 0.48, down + 0.46, f"{value:.{picture.digits}f}", ha="center", va="center", color=ink)
            n += 1
    panel.set(xlim=(0, len(picture.columns)), ylim=(len(picture.rows), 0))
    panel.set_xticks([n + 0.48 for n in range(len(picture.columns))], [looks.shown(name) for name in picture.columns])
    panel.set_yticks([n + 0.46 for n in range(len(picture.rows))], [looks.shown(name) for name in picture.rows])
    panel.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
    if max(map(len, picture.columns)) > 12 or len(picture.columns) > 6:
        panel.tick_params(axis="x", rotation=30)
        for label in panel.get_xticklabels():
            label.set_horizontalalignment("left")
    panel.spines[:].set_visible(False)
    panel.set_xlabel(looks.shown(picture.unit, looks.LABEL))
    return figure
