"""The claims and what became of them, as a table."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import groupby

from ..tables.result_sets import ResultSet
from ..tables.scale import Scale
from ..tables.table import NOTHING, Column, Format, Table, TableCell, count, p_value, text
from .claims import NOT_RUN, Claim, PartResult, judge, overall

COLUMNS = (
    Column("claim", "left"),
    Column("labels", "left", meaning="the attacks and defenses that it was judged on"),
    Column("measured", "left", meaning="means over seeds, geometric ones of ratios"),
    Column("seeds", "left"),
    Column("p", "left", meaning="two-sided, paired by seed"),
    Column("adjusted p", "left", meaning="over all claims of the table"),
    Column("detectable", "left", meaning="smallest true difference, or factor, that such seeds show with 80% power"),
    Column("verdict", "left", emphasis=True),
)
CAPTION = (
    "Verdicts: a two-sided t-test of left - factor × right, paired over seeds (against a constant: one sample), "
    "Holm over the whole table, 5%. Ratios such as λ are tested on logarithms, and so are all claims with a factor "
    'if no seed has a zero. "holds": significant on the claimed side, or on it by the same amount in every seed, '
    'which leaves nothing to test; "refuted": the same on the other side; "undecided": fewer than three pairs, '
    "missing pairs, or not significant. Detectable: the smallest true difference from equality, or factor (×), that "
    "such seeds would show with a power of 80% at the adjusted level. A claim of several parts holds if all parts do, "
    "and is refuted if one part is."
)


def claims_table(result_set: ResultSet, claims: Sequence[Claim]) -> Table:
    """Return the table ``claims`` of a result set; a cell has a part for each part of a claim.

    Where no claim was run, its note says so, and there is nothing to explain.
    """
    groups = [
        list(g) for _, g in groupby(judge(result_set, claims), key=lambda o: (o.claim.id, sorted(o.labels.items())))
    ]
    run = [group for group in groups if overall(part_result.verdict for part_result in group) != NOT_RUN]
    missing = sorted({group[0].claim.id for group in groups} - {group[0].claim.id for group in run})
    return Table(
        "claims",
        "Claims",
        COLUMNS,
        tuple(map(_row, run)),
        caption=(CAPTION,) if run else (),
        notes=((NOT_RUN, f"(no records): {', '.join(missing)}"),) if missing else (),
        sources=tuple((claim.id, claim.source) for claim in claims if run and claim.concerns(result_set)),
    )


def _row(group: Sequence[PartResult]) -> tuple[TableCell, ...]:
    claim = group[0].claim
    verdict = overall(part_result.verdict for part_result in group)
    notes = sorted({part_result.note for part_result in group if part_result.note and part_result.verdict == verdict})
    return (
        text(f"{claim.id}: {claim.text}"),
        text(", ".join(group[0].labels.values())),
        _parts(map(_measured, group)),
        _parts(count(part_result.test.n) for part_result in group),
        _parts(p_value(part_result.test.p) for part_result in group),
        _parts(p_value(part_result.p) for part_result in group),
        _parts(map(_detectable, group)),
        TableCell(text=verdict, note=", ".join(notes)),
    )


def _parts(cells: Iterable[TableCell]) -> TableCell:
    return TableCell(parts=tuple(cells))


def _detectable(part_result: PartResult) -> TableCell:
    least, scale = part_result.detectable, part_result.scale
    if least is None:
        return NOTHING
    if scale is not Scale.RATIO and part_result.part.factor == 1 and scale.high is not None and least > scale.high:
        return text("more than possible")
    prefix = scale.unit_of_change
    if prefix and least >= 1000:
        return text(f"over {prefix}1000")
    digits = max(0, 2 - math.floor(math.log10(least)))
    return TableCell(least, n=part_result.test.n, format=Format(digits, prefix=prefix))


def _measured(part_result: PartResult) -> TableCell:
    """Return what stands on both sides, in words; its number is the left side's mean."""
    part = part_result.part
    bare = None if part_result.right is None else part_result.right / part.factor
    left, right = ("?" if value is None else f"{value:.4g}" for value in (part_result.left, bare))
    factor = "" if part.factor == 1 else f"{part.factor:g} × "
    words = f"{part.left.metric} {left} {part.relation} {factor}{right}"
    return TableCell(part_result.left, n=part_result.test.n, text=words)
