"""What has to stand under a table for its numbers to mean anything."""

from __future__ import annotations

from collections.abc import Iterable

from .....core.record import Record
from ....tables.captions import HOLM, seeds, targets
from ....tables.markdown import escape
from ....tables.result_sets import ResultSet
from ..metrics.measure import METRICS


def caption(result_set: ResultSet, kind: str) -> list[str]:
    """Return the paragraphs under a table.

    Args:
        result_set: The records that the table is made from.
        kind: ``global``, ``group`` or ``detection``.
    """
    lines = [f"*{_units(kind)}*" if kind == "detection" else f"*{_units(kind)} {_ceilings(result_set)}*"]
    if kind != "detection":
        whom = "all users" if kind == "global" else "the target users"
        lines.append(
            f"*p: two-sided t-test of HIT@5 among {whom} against Clean in the same mode, paired over seeds, {HOLM}; "
            '"none" says why there is no test. Over users: the same test paired by user, within one seed, '
            "not adjusted. Δ: mean difference paired by seed. " + _extra(kind) + "*"
        )
    lines.append(
        f"*{seeds(result_set)} {targets(result_set)} Protocol {result_set.digest}: {_essentials(result_set)}.*"
    )
    return [line for text in lines for line in (text, "")]


def _essentials(result_set: ResultSet) -> str:
    """Return what a reader has to know at once: split, ranking, loss, length, sides, audience, targets."""
    names = (
        "split",
        "ranking",
        "rank.mask_history",
        "rank.users",
        "train.loss",
        "train.windows",
        "train.average",
        "platform",
        "audience",
        "target draw",
        "preset",
    )
    lengths = tuple(key for key in sorted(result_set.protocol) if key.endswith(".max_length"))
    found = {name: result_set.protocol[name] for name in (*names, *lengths) if name in result_set.protocol}
    return escape("; ".join(f"{name}: {value}" for name, value in found.items())) or "not stated"


def _units(kind: str) -> str:
    spread = "Mean ± half width of the t-based 95% interval over seeds."
    if kind == "detection":
        return (
            "Fractions: precision, recall and F1 of the flagged items against the true targets, "
            f"average precision of the scores. {spread}"
        )
    return (
        f"HIT and NDCG: {METRICS['HIT@5'].unit}, NDCG without ideal DCG; HR and accuracy NDCG: fractions, "
        f"of the held-out next item. {spread}"
    )


def _extra(kind: str) -> str:
    if kind == "global":
        return (
            "slot_share@5: % of top-five slots taken by targets. Tiers: by HIT@5; a new one begins where an attack "
            "differs significantly from the first of the tier above (paired t over seeds, Holm over all pairs)."
        )
    return (
        "λ: mean of the four ratios target/non-target, both sides at least what one hit at the last place "
        "gives in the smaller audience; difference: mean of the four differences, in percentage points."
    )


def _ceilings(result_set: ResultSet) -> str:
    sizes = sorted({len(r.targets) for row in result_set.rows.values() for r in row.values() if r.targets})
    found = [
        f"HIT@{n} {100 * min(n, size) / size:.3f}%{f' (|T| = {size})' if len(sizes) > 1 else ''}"
        for size in sizes
        for n in (5, 10)
    ]
    return f"Ceilings min(N, &#124;T&#124;)/&#124;T&#124;: {', '.join(found).replace('|', '&#124;')}." if found else ""


def replaced(records: Iterable[Record]) -> str:
    """Return the share of labels that an attack replaced, in words, or nothing where it was not logged."""
    rates = [record.log.get("pretrain", {}).get("poison_rate") for record in records]
    known = [rate for rate in rates if rate is not None]
    return f"; labels replaced: {100 * sum(known) / len(known):.2f}%" if known else ""
