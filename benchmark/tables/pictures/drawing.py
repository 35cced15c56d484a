"""Pictures to files: the same numbers and the same matplotlib give the same bytes, whatever the user's settings are."""

from __future__ import annotations

import io
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Literal

from ....core.errors import UserError
from . import looks
from .heat_map import draw_heat_map
from .interval_plot import draw_intervals
from .picture import HeatMap, Intervals, Picture, Scatter
from .scatter import draw_scatter

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Form = Literal["svg", "pdf"]
FORMS: tuple[Form, ...] = ("svg", "pdf")


def draw(picture: Picture, form: Form = "svg", background: str = "white") -> bytes:
    """Return a picture as a file; in an SVG the n-th of its marks is the group with the id ``mark-n``, from 0.

    Args:
        picture: The picture.
        form: The file's format.
        background: A colour, so that a file can be read on dark pages too; ``none`` to leave the page's.

    Raises:
        UserError: If matplotlib isn't installed.
    """
    try:
        import matplotlib
    except ImportError:
        raise UserError("pictures need matplotlib: pip install 'rbench[plot]'.") from None
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        settings: Any = {**looks.SETTINGS, "svg.hashsalt": f"rbench {picture.name}", "savefig.facecolor": background}
        matplotlib.rcParams.update(settings)
        return _saved(_figure(picture), form)


def matplotlib_version() -> str | None:
    """Return the version of matplotlib, which each draws other bytes, or None where it isn't installed."""
    try:
        return version("matplotlib")
    except PackageNotFoundError:
        return None


def _figure(picture: Picture) -> Figure:
    match picture:
        case Scatter():
            return draw_scatter(picture)
        case HeatMap():
            return draw_heat_map(picture)
        case Intervals():
            return draw_intervals(picture)
    raise TypeError(f"nobody draws a {type(picture).__name__}")


def _saved(figure: Figure, form: Form) -> bytes:
    out = io.BytesIO()
    dates = {"Date": None} if form == "svg" else {"CreationDate": None}
    figure.savefig(out, format=form, metadata=dates)
    return out.getvalue()
