"""Means with their intervals: a panel a mode or a defense, a line a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import looks
from .picture import Intervals

if TYPE_CHECKING:
    from matplotlib.figure import Figure


_DECADES = 100
"""From which ratio of a logarithmic axis's ends it has ticks at powers of ten alone."""
_LETTER = 0.06
"""Inches that a letter of a panel's title takes, about."""


def draw_intervals(picture: Intervals) -> Figure:
    """Return the figure; where there is no interval, the mean stands alone."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullLocator

    titles = [looks.shown(title) for title, _ in picture.panels]
    longest = max(map(len, titles)) * _LETTER
    upright = longest * len(titles) > looks.WIDTH - 1
    height = 0.9 + 0.17 * len(picture.rows) + (longest if upright else 0)
    figure = Figure(figsize=(looks.WIDTH, height), layout="constrained")
    panels = figure.subplots(1, len(picture.panels), sharex=True, sharey=True, squeeze=False)[0]
    colours = looks.colours(picture.methods)
    n = 0
    for panel, title, (_, own) in zip(panels, titles, picture.panels, strict=True):
        if picture.log:
            panel.set_xscale("log")
        if picture.reference is not None:
            panel.axvline(picture.reference, color=looks.PLAIN, linewidth=0.8, linestyle=":")
        for down, mark in enumerate(own):
            if mark is None:
                continue
            colour, mean = colours[mark.method], mark.y.mean
            ends = [mean if end is None else end for end in (mark.y.low, mark.y.high)]
            panel.plot(ends, [down, down], color=colour, linewidth=1)
            [point] = panel.plot([mean], [down], "o", color=colour, markersize=4)
            point.set_gid(f"mark-{n}")
            n += 1
        panel.set_title(title, rotation=90 if upright else 0)
        panel.grid(axis="x")
        panel.tick_params(axis="y", length=0)
    left, right = panels[0].get_xlim()
    if picture.log and right > _DECADES * left:
        panels[0].xaxis.set_minor_locator(NullLocator())
    panels[0].set_yticks(range(len(picture.rows)), [looks.shown(name) for name in picture.rows])
    panels[0].set_ylim(len(picture.rows) - 0.5, -0.5)
    figure.supxlabel(looks.shown(picture.unit, looks.LABEL), fontsize="medium")
    return figure
