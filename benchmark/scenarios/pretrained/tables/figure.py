"""Exposure against the accuracy that is kept, as a picture: a panel for each mode, a line for each attack."""

from __future__ import annotations

import io

from .....core.errors import UserError
from ....tables.result_sets import ResultSet
from .curves import Curve, curves
from .equal_accuracy import LEVELS


def equal_accuracy_figure(result_set: ResultSet) -> bytes | None:
    """Return an SVG, or None where no attack was run at several rates.

    Raises:
        UserError: If matplotlib isn't installed.
    """
    found = [curve for curve in curves(result_set) if curve.seeds and any(curve.points[0].accuracy.values())]
    if not found:
        return None
    try:
        import matplotlib
    except ImportError:
        raise UserError("pictures need matplotlib: pip install 'rbench[plot]'.") from None
    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # whatever the user's own settings are, the same numbers give the same bytes
        matplotlib.rcParams |= {"svg.hashsalt": "rbench", "svg.fonttype": "none"}
        return _svg(result_set, found)


def _svg(result_set: ResultSet, found: list[Curve]) -> bytes:
    from matplotlib.figure import Figure

    modes = list(dict.fromkeys(curve.mode for curve in found))
    attacks = list(dict.fromkeys(curve.attack for curve in found))
    figure = Figure(figsize=(3.4 * len(modes) + 1, 3.6), layout="constrained")
    panels = figure.subplots(1, len(modes), sharey=True, squeeze=False)[0]
    for panel, mode in zip(panels, modes, strict=True):
        for curve in found:
            if curve.mode == mode:
                n = attacks.index(curve.attack)
                exposure = [sum(point.exposure[s] for s in curve.seeds) / len(curve.seeds) for point in curve.points]
                # Matplotlib leaves a label out that begins with an underscore, and reads mathematics between dollars.
                label = curve.attack.lstrip("_").replace("$", r"\$")
                kept = [100 * curve.kept(point) for point in curve.points]
                panel.plot(kept, exposure, marker="o", markersize=4, color=f"C{n}", label=label)
        for level in LEVELS:
            panel.axvline(100 * level, color="0.7", linewidth=0.8, linestyle=":")
        panel.set(title=mode, xlabel="% of Clean's HR@10 kept")
        panel.invert_xaxis()
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("HIT@5 of targets, %")
    by_label = {
        label: handle for panel in panels for handle, label in zip(*panel.get_legend_handles_labels(), strict=True)
    }
    figure.legend(by_label.values(), by_label, loc="outside lower center", ncols=min(5, len(by_label)), frameon=False)
    figure.suptitle(f"{result_set.dataset} · {result_set.model}")
    out = io.BytesIO()
    figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()
