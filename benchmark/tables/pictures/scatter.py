"""Points by two numbers: a point a row, its colour the attack, and a panel for each of what else tells them apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..intervals import Summary
from . import looks
from .picture import Mark, Scatter, marks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_scatter(picture: Scatter) -> Figure:
    """Return the figure: whiskers are 95% intervals, arrows lead to open points, where a defense acted."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullLocator

    figure = Figure(figsize=(looks.WIDTH, 4.0 if len(picture.panels) == 1 else 3.2), layout="constrained")
    panels = figure.subplots(1, len(picture.panels), sharex=True, sharey=True, squeeze=False)[0]
    every = marks(picture)
    colours = looks.colours(picture.methods)
    shapes = looks.shapes(mark.shape for mark in every)
    n = 0
    for panel, (title, points) in zip(panels, picture.panels, strict=True):
        bare = {mark.about: mark for mark in points}
        for mark in points:
            if mark.before in bare:
                _arrow(panel, bare[mark.before], mark, colours[mark.method])
        for mark in points:
            _point(panel, mark, colours[mark.method], shapes[mark.shape], f"mark-{n}")
            n += 1
        if picture.curves:
            _join(panel, points, colours)
        panel.set_title(looks.shown(title))
        panel.grid()
    if picture.curves:
        panels[0].set_xscale("log")
        places = sorted({_mean(mark.x) for mark in every})
        panels[0].set_xticks(places, [f"{place:g}" for place in places])
        panels[0].xaxis.set_minor_locator(NullLocator())
    else:
        _bound(panels[0], [_mean(mark.x) for mark in every])
    panels[0].set_ylabel(looks.shown(picture.unit, looks.LABEL))
    panels[0].set_ylim(bottom=min(0.0, panels[0].get_ylim()[0]))
    figure.supxlabel(looks.shown(picture.across, looks.LABEL), fontsize="medium")
    _legend(figure, every, colours, shapes)
    return figure


def _bound(panel: Axes, places: Sequence[float]) -> None:
    """Leave at most as much room beside points as they take: of two seeds, an interval may be a hundred times wider."""
    (left, right), low, high = panel.get_xlim(), min(places), max(places)
    if high > low:
        panel.set_xlim(max(left, 2 * low - high), min(right, 2 * high - low))


def _join(panel: Axes, points: Sequence[Mark], colours: Mapping[str, str]) -> None:
    for method in dict.fromkeys(mark.method for mark in points):
        own = sorted((_mean(mark.x), _mean(mark.y)) for mark in points if mark.method == method)
        panel.plot(*zip(*own, strict=True), color=colours[method], linewidth=1, zorder=2)


def _point(panel: Axes, mark: Mark, colour: str, shape: str, name: str) -> None:
    x, y = _mean(mark.x), _mean(mark.y)
    panel.plot(_ends(mark.x, x), [y, y], color=colour, linewidth=0.7, alpha=0.4, zorder=1.5)
    panel.plot([x, x], _ends(mark.y, y), color=colour, linewidth=0.7, alpha=0.4, zorder=1.5)
    face = "none" if mark.before else colour
    [line] = panel.plot([x], [y], shape, color=colour, markerfacecolor=face, markersize=5, zorder=3)
    line.set_gid(name)


def _legend(figure: Figure, every: Sequence[Mark], colours: dict[str, str], shapes: dict[str, str]) -> None:
    from matplotlib.lines import Line2D

    def point(shape: str, colour: str, label: str, face: str | None = None) -> Line2D:
        style: dict[str, Any] = {"marker": shape, "linestyle": "none", "markersize": 5}
        return Line2D([], [], color=colour, markerfacecolor=face or colour, label=looks.shown(label), **style)

    used = {mark.method for mark in every}
    entries = [point("o", colour, name or "baselines") for name, colour in colours.items() if name in used]
    entries += [point(shape, looks.INK, name) for name, shape in shapes.items() if name]
    if any(mark.before for mark in every):
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
