"""Exposure over the epochs as a picture: a panel for each length of the list, a line for each attack."""

from __future__ import annotations

import io
from typing import Any

from ....core.errors import UserError
from ...tables.result_sets import ResultSet, RowKey, method_name
from .epochs_table import curves
from .paper import ENDS

STYLES = ("-", "--", "-.", ":")


def exposure_figure(result_set: ResultSet) -> bytes:
    """Return an SVG: means over seeds with 95% bands; crosses mark the end values that the paper states.

    Rows with an aggregator stand in it only where there are no others.

    Raises:
        UserError: If matplotlib isn't installed.
    """
    try:
        import matplotlib
    except ImportError:
        raise UserError("pictures need matplotlib: pip install 'rbench[plot]'.") from None
    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # whatever the user's own settings are, the same numbers give the same bytes
        matplotlib.rcParams |= {"svg.hashsalt": "rbench", "svg.fonttype": "none"}
        return _svg(result_set)


def _svg(result_set: ResultSet) -> bytes:
    from matplotlib.figure import Figure

    every = curves(result_set)
    plain = {key: metrics for key, metrics in every.items() if key.defense == "none"} or every
    names = sorted({n for metrics in plain.values() for n in metrics if n.startswith("ER@")}, key=lambda n: int(n[3:]))
    figure = Figure(figsize=(3.4 * len(names), 3.6), layout="constrained")
    panels = figure.subplots(1, len(names), sharey=True, squeeze=False)[0]
    looks = _looks(list(plain))
    marked = False
    for panel, name in zip(panels, names, strict=True):
        for key, metrics in plain.items():
            marked |= _line(panel, result_set, key, metrics[name], name, looks[key])
        panel.set(title=name, xlabel="epoch", ylim=(-0.03, 1.05))
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("exposure ratio")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(5, len(labels)), frameon=False)
    figure.suptitle(f"{result_set.dataset} · {result_set.model}" + (" · ×: end value in the paper" if marked else ""))
    out = io.BytesIO()
    figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()


def _looks(keys: list[RowKey]) -> dict[RowKey, dict[str, Any]]:
    """Give each attack a colour, and its variants shades and strokes of it."""
    names = list(dict.fromkeys(method_name(key.attack) for key in keys))
    seen: dict[str, int] = {}
    looks = {}
    for key in keys:
        name = method_name(key.attack)
        nth = seen[name] = seen.get(name, -1) + 1
        looks[key] = {"color": f"C{names.index(name)}", "linestyle": STYLES[nth % 4], "alpha": 1 / (1 + 0.25 * nth)}
    return looks


def _line(panel: Any, result_set: ResultSet, key: RowKey, epochs: list[Any], metric: str, look: dict[str, Any]) -> bool:
    """Draw a row's curve; returns whether the paper states where it ends."""
    known = [(epoch, s) for epoch, s in enumerate(epochs, 1) if s.mean is not None]
    label = " · ".join([key.attack, *([key.defense] if key.defense != "none" else [])])
    # Matplotlib would leave a label out that begins with an underscore, and read mathematics between dollars.
    panel.plot([e for e, _ in known], [s.mean for _, s in known], label=label.lstrip("_").replace("$", r"\$"), **look)
    banded = [(e, s.low, s.high) for e, s in known if s.low is not None]
    if banded:
        panel.fill_between(*zip(*banded, strict=True), color=look["color"], alpha=0.12, linewidth=0)
    share = next(iter(result_set.rows[key].values())).attack_info.get("config", {}).get("malicious")
    stated = ENDS.get((result_set.dataset, method_name(key.attack), share), {}) if share is not None else {}
    if metric not in stated or not known or key.defense != "none":
        return False
    panel.plot([known[-1][0]], [stated[metric]], marker="x", color=look["color"], markersize=9, clip_on=False)
    return True
