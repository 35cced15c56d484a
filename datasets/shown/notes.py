"""What to know of a data set before its numbers are used: warnings of its reading, and repeated consumption."""

from __future__ import annotations

import numpy as np

from ...core.interactions import Interactions

REPEATED = 0.05
"""Share of the users from which on repeated consumption is told."""


def repeated(data: Interactions) -> float:
    """Return the share of the users whose last item is one that they had before."""
    last = data.items[data.offsets[1:] - 1]
    again = data.items == np.repeat(last, data.lengths)
    again[data.offsets[1:] - 1] = False
    return float((np.add.reduceat(again, data.offsets[:-1]) > 0).mean())


def notes(data: Interactions) -> list[str]:
    """Return a sentence each."""
    told = [text for text in data.info.get("warnings", "").split("\n") if text]
    if (share := repeated(data)) >= REPEATED:
        told.append(
            f"for {share:.0%} of the users the held-out item is one that they had before; with rank.mask_history=true "
            "it alone of their history is ranked, so that accuracy is too high: set rank.mask_history=false."
        )
    return told


def for_captions(data: Interactions) -> list[str]:
    """Return a sentence each, of ties too few for a warning as well."""
    told, ties = notes(data), data.info.get("ties", "0 of")
    few = not ties.startswith("0 of") and not any("among equal times" in text for text in told)
    return [*told, f"{ties}."] if few else told
