"""What has to stand under a table for its numbers to mean anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import mean
from typing import Any

from .....core.records.record import Record
from ....tables.captions import HOLM, INTERVALS, about_data, seeds, stated, targets
from ....tables.result_sets import ResultSet
from ..metrics.measure import METRICS

_ESSENTIAL = (
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
    "schedule",
    "rates",
    *("train.lr", "train.batch_size", "finetune.lr", "finetune.batch_size", "prompttune.lr", "prompttune.batch_size"),
)
"""What a reader has to know at once, beside how long sequences are."""


def caption(result_set: ResultSet, kind: str) -> tuple[str, ...]:
    """Return the paragraphs under a table.

    Args:
        result_set: The records that the table is made from.
        kind: ``global``, ``group`` or ``detection``.
    """
    lengths = (key for key in sorted(result_set.protocol) if key.endswith(".max_length"))
    essentials = stated(result_set, (*_ESSENTIAL, *lengths))
    about = " ".join(
        filter(None, (seeds(result_set), targets(result_set), about_data(result_set), training(result_set)))
    )
    last = f"{about} Protocol {result_set.digest}: {essentials}."
    if kind == "detection":
        return _units(kind), last
    whom = "all users" if kind == "global" else "the target users"
    tests = (
        f"p: two-sided t-test of HIT@5 among {whom} against Clean in the same mode, paired over seeds, {HOLM}; "
        '"none" says why there is no test. Over users: the same test paired by user, within one seed, '
        f"not adjusted. Δ: mean difference paired by seed. {_extra(kind)}"
    )
    return f"{_units(kind)} {_ceilings(result_set)}", tests, last


def _units(kind: str) -> str:
    spread = INTERVALS
    if kind == "detection":
        return (
            "Fractions: precision, recall and F1 of the flagged items against the true targets, "
            "average precision of the scores. In the clean model there is nothing to find: what is flagged there is a "
            f"false alarm. {spread}"
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
        "gives in the smaller audience, so that λ has a logarithm in every seed; over seeds the geometric mean. "
        "Difference: mean of the four differences, in percentage points."
    )


def _ceilings(result_set: ResultSet) -> str:
    sizes = sorted({len(r.targets) for row in result_set.rows.values() for r in row.values() if r.targets})
    found = [
        f"HIT@{n} {100 * min(n, size) / size:.3f}%{f' (|T| = {size})' if len(sizes) > 1 else ''}"
        for size in sizes
        for n in (5, 10)
    ]
    return f"Ceilings min(N, |T|)/|T|: {', '.join(found)}." if found else ""


def training(result_set: ResultSet) -> str:
    """Return how long the platform trained what it was handed, mode by mode, or nothing where it did not.

    How much of an attack is left depends on the number of steps more than on the number of epochs. Records of
    before steps were logged have the number of labels an epoch instead.
    """
    logs: dict[str, list[Any]] = {}
    for key, row in result_set.rows.items():
        if key.defense == "none":
            # Of a model that is used as handed over, the log is that of its pre-training.
            adapted = [r.log["adapt"] for r in row.values() if r.stages.get("adapt", "").startswith("adapt-")]
            logs.setdefault(key.mode, []).extend(log for log in adapted if "epochs" in log)
    found = [f"{mode} {_length(own)}" for mode, own in logs.items() if own]
    return f"The platform trained, in the mean over attacks and seeds: {', '.join(found)}." if found else ""


def _length(logs: Sequence[Mapping[str, Any]]) -> str:
    epochs = mean(log["epochs"] for log in logs)
    if all("steps" in log for log in logs):
        return f"{mean(log['steps'] / log['epochs'] for log in logs):.0f} steps an epoch × {epochs:.0f} epochs"
    return f"{mean(log['labels'] for log in logs):,.0f} labels an epoch × {epochs:.0f} epochs"


def replaced(records: Iterable[Record]) -> str:
    """Return the share of labels that an attack replaced, in words, or nothing where it was not logged."""
    rates = [record.log.get("pretrain", {}).get("poison_rate") for record in records]
    known = [rate for rate in rates if rate is not None]
    return f"; labels replaced: {100 * sum(known) / len(known):.2f}%" if known else ""
