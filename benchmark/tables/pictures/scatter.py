"""Exposure against the accuracy that is kept: a point a row, its colour the attack, its shape the mode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..intervals import Summary
from . import looks
from .picture import Mark, TradeOff

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_trade_off(picture: TradeOff) -> Figure:
    """Return the figure: whiskers are 95% intervals, arrows lead to open points, where a defense acted."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(looks.WIDTH, 4.0), layout="constrained")
    panel = figure.subplots()
    colours = looks.colours(picture.methods)
    shapes = looks.shapes(mark.shape for mark in picture.points)
    bare = {mark.about: mark for mark in picture.points}
    for mark in picture.points:
        if mark.before in bare:
            _arrow(panel, bare[mark.before], mark, colours[mark.method])
    for n, mark in enumerate(picture.points):
        colour, x, y = colours[mark.method], _mean(mark.x), _mean(mark.y)
        panel.plot(_ends(mark.x, x), [y, y], color=colour, linewidth=0.7, alpha=0.4, zorder=1.5)
        panel.plot([x, x], _ends(mark.y, y), color=colour, linewidth=0.7, alpha=0.4, zorder=1.5)
        face = "none" if mark.before else colour
        [line] = panel.plot([x], [y], shapes[mark.shape], color=colour, markerfacecolor=face, markersize=5, zorder=3)
        line.set_gid(f"mark-{n}")
    panel.set(xlabel=looks.shown(picture.across, looks.LABEL), ylabel=looks.shown(picture.unit, looks.LABEL))
    panel.set_ylim(bottom=min(0.0, panel.get_ylim()[0]))
    panel.grid()
    _legend(figure, picture, colours, shapes)
    return figure


def _legend(figure: Figure, picture: TradeOff, colours: dict[str, str], shapes: dict[str, str]) -> None:
    from matplotlib.lines import Line2D

    def point(shape: str, colour: str, label: str, face: str | None = None) -> Line2D:
        style: dict[str, Any] = {"marker": shape, "linestyle": "none", "markersize": 5}
        return Line2D([], [], color=colour, markerfacecolor=face or colour, label=looks.shown(label), **style)

    used = {mark.method for mark in picture.points}
    entries = [point("o", colour, name or "baselines") for name, colour in colours.items() if name in used]
    if len(shapes) > 1:
        entries += [point(shape, looks.INK, name) for name, shape in shapes.items()]
    if any(mark.before for mark in picture.points):
        entries.append(point("o", looks.INK, "with a defense", "none"))
    figure.legend(
        entries,
        [str(entry.get_label()).lstrip("_") for entry in entries],  # a label with one before it is left out
        loc="outside right upper",
        frameon=False,
    )


def _arrow(panel: Axes, start: Mark, end: Mark, colour: str) -> None:
    panel.annotate(
        "",
        (_mean(end.x), _mean(end.y)),
        (_mean(start.x), _mean(start.y)),
        arrowprops={"arrowstyle": "->", "color": colour, "alpha": 0.5, "linewidth": 0.7, "shrinkA": 3, "shrinkB": 3},
        zorder=2,
    )


def _ends(summary: Summary | None, mean: float) -> list[float]:
    ends = (None, None) if summary is None else (summary.low, summary.high)
    return [mean if end is None else end for end in ends]


def _mean(summary: Summary | None) -> float:
    return float("nan") if summary is None or summary.mean is None else summary.mean
