"""Draws what is in a data set: lengths, popularity, categories, attributes, and who is whose user."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...core.errors import UserError
from ...core.interactions import Attribute, Interactions, Partition
from ..files.disk import told

PROVIDER, PLATFORM, PLAIN = "#3b6fb6", "#e08a2e", "#7f8c99"
BARS, ATTRIBUTES, WIDEST = 12, 4, 18
KINDS = (".png", ".pdf", ".svg")


def check_target(path: Path) -> None:
    """Check, before anything is read, that a picture can be drawn and that ``path`` can name it.

    Raises:
        UserError: If matplotlib is missing, the file's ending names no kind, or its folder does not exist.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise UserError("--plot needs matplotlib: pip install 'rbench[plot]'.") from None
    if path.suffix.lower() not in KINDS:
        raise UserError(f"--plot {path}: write a file that ends in .png, .pdf or .svg.")
    if not path.parent.is_dir():
        raise UserError(f"--plot {path}: there is no folder {path.parent}.")


def draw_picture(data: Interactions, sides: Partition, path: Path) -> None:
    """Write a picture of the data set; its kind (.png, .pdf, .svg) is the file's ending.

    Raises:
        UserError: As :func:`check_target`, or if the file cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    check_target(path)
    shown = dict(list(data.attributes.items())[:ATTRIBUTES])
    rows = 2 + (len(shown) + 1) // 2
    figure = Figure(figsize=(11, 3.4 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, 2).ravel()
    _lengths(axes[0], sides)
    _popularity(axes[1], data)
    _categories(axes[2], data)
    _sides(axes[3], sides)
    for k, name in enumerate(shown):
        _attribute(axes[4 + k], name, sides)
    for spare in axes[4 + len(shown) :]:
        spare.set_axis_off()
    rest = len(data.attributes) - len(shown)
    more = f"; {rest} more attributes not shown" if rest else ""
    figure.suptitle(
        f"{data.name}: {data.n_users:,} users, {data.n_items:,} items, {len(data.items):,} interactions{more}"
    )
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper right", ncols=2, frameon=False)
    for each in axes:
        each.spines[["top", "right"]].set_visible(False)
    with told(path):
        figure.savefig(path, dpi=110)


def _lengths(axes: Any, sides: Partition) -> None:
    provider, platform = sides.provider.lengths, sides.platform.lengths
    longest = max(int(provider.max()), int(platform.max()))
    shortest = min(int(provider.min()), int(platform.min()))
    # Lengths are whole: edges lie halfway between them, further apart as they grow.
    edges = np.unique(np.round(np.geomspace(shortest, longest + 1, 40))) - 0.5
    floor = np.zeros(len(edges) - 1)
    for name, lengths, colour in (("provider", provider, PROVIDER), ("platform", platform, PLATFORM)):
        heights = np.histogram(lengths, edges)[0] / np.diff(edges)
        axes.stairs(floor + heights, edges, baseline=floor, fill=True, color=colour, label=name)
        floor = floor + heights
    axes.set(xscale="log", xlabel="interactions of a user", ylabel="users of each length", title="Sequence length")
    axes.set_ylim(bottom=0)
    _plain(axes.xaxis)
    _thousands(axes.yaxis)


def _popularity(axes: Any, data: Interactions) -> None:
    counts = np.sort(data.item_counts()[1:])[::-1]
    ranks = np.arange(1, len(counts) + 1)
    axes.loglog(ranks, counts, color=PROVIDER, linewidth=2)
    top = max(1, len(counts) // 100)
    axes.set(xlabel="rank of the item", ylabel="interactions", title="Item popularity")
    share = counts[:top].sum() / counts.sum()
    axes.text(0.04, 0.06, f"top 1% of items: {share:.0%} of interactions", transform=axes.transAxes)
    _plain(axes.xaxis)
    _plain(axes.yaxis)


def _categories(axes: Any, data: Interactions) -> None:
    counts = np.bincount(data.categories[1:], minlength=len(data.category_names) + 1)
    order = np.argsort(-counts[1:], kind="stable")[:BARS]
    if not len(data.category_names):
        axes.text(0.5, 0.5, "no categories", ha="center", va="center", transform=axes.transAxes)
        axes.set_title("Items by category")
        axes.set(xticks=[], yticks=[])
        return
    names = [_short(data.category_names[k]) for k in order]
    values = [int(counts[k + 1]) for k in order]
    rest = int(counts[1:].sum()) - sum(values)
    title = "Items by category"
    if rest:
        title += f", the {BARS} largest of {len(data.category_names):,}"
    if counts[0]:
        title += f" ({int(counts[0]):,} unknown)"
    axes.barh(range(len(names)), values, color=PLAIN)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.invert_yaxis()
    axes.set(xlabel="items", title=title)
    _thousands(axes.xaxis)


def _sides(axes: Any, sides: Partition) -> None:
    parties = {"provider": (sides.provider, PROVIDER), "platform": (sides.platform, PLATFORM)}
    sizes = {
        "users": {name: side.n_users for name, (side, _) in parties.items()},
        "interactions": {name: len(side.items) for name, (side, _) in parties.items()},
        "items seen": {name: int(np.count_nonzero(side.item_counts())) for name, (side, _) in parties.items()},
    }
    places = np.arange(len(sizes))
    for shift, (name, (_, colour)) in zip((-0.2, 0.2), parties.items(), strict=True):
        values = [size[name] for size in sizes.values()]
        bars = axes.barh(places + shift, values, 0.38, color=colour, label=name)
        axes.bar_label(bars, [f"{value:,}" for value in values], padding=3, fontsize=8)
    axes.set_yticks(places, list(sizes))
    axes.invert_yaxis()
    axes.set(xscale="log", xlim=(1, 8 * max(max(size.values()) for size in sizes.values())))
    axes.tick_params(axis="x", which="both", bottom=False, labelbottom=False)
    axes.spines["bottom"].set_visible(False)
    axes.set_title("Provider and platform, on a logarithmic scale", pad=18)
    axes.text(0.5, 1.02, sides.rule, ha="center", fontsize=7.5, transform=axes.transAxes)


def _attribute(axes: Any, name: str, sides: Partition) -> None:
    counts: Mapping[str, Attribute] = {
        "provider": sides.provider.attributes[name],
        "platform": sides.platform.attributes[name],
    }
    values = counts["provider"].values
    shares = {
        side: np.bincount(a.codes, minlength=len(values) + 1) / max(1, len(a.codes)) * 100 for side, a in counts.items()
    }
    unknown = max(share[0] for share in shares.values()) > 0
    order = list(range(1, len(values) + 1))
    title = f"Users by {name}"
    if len(order) > WIDEST:
        order = sorted(order, key=lambda k: -(shares["provider"][k] + shares["platform"][k]))[:WIDEST]
        title += f", the {WIDEST} most frequent of {len(values):,} values"
    shown = [*order, *([0] if unknown else [])]
    labels = [_short("(unknown)" if k == 0 else values[k - 1], 12) for k in shown]
    places = np.arange(len(shown))
    for shift, (side, share) in zip((-0.2, 0.2), shares.items(), strict=True):
        axes.bar(places + shift, share[shown], 0.38, color=PROVIDER if side == "provider" else PLATFORM, label=side)
    turn = sum(map(len, labels)) > 60
    axes.set_xticks(places, labels, fontsize=8, rotation=40 if turn else 0, ha="right" if turn else "center")
    axes.set(ylabel="% of the side's users", title=title)


def _short(text: str, most: int = 24) -> str:
    # matplotlib reads what stands between two dollars as mathematics.
    text = text if len(text) <= most else text[: most - 1] + "…"
    return text.replace("$", r"\$")


def _thousands(axis: Any) -> None:
    from matplotlib.ticker import StrMethodFormatter

    axis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def _plain(axis: Any) -> None:
    """Write powers of ten as 1, 10, 100, 1,000."""
    from matplotlib.ticker import NullFormatter, StrMethodFormatter

    axis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axis.set_minor_formatter(NullFormatter())
