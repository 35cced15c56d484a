"""The claims and what became of them, as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from ..tables.formats import p_value
from ..tables.markdown import escape, table
from ..tables.result_sets import ResultSet
from .claims import NOT_RUN, Claim, PartResult, judge, overall

HEADER = ("claim", "labels", "measured", "seeds", "p", "adjusted p", "verdict")


def claims_table(result_sets: Sequence[ResultSet], claims: Sequence[Claim]) -> list[str]:
    """Return one table of claims a result set, with a caption."""
    lines: list[str] = []
    for result_set in result_sets:
        lines += [f"### {escape(result_set.dataset)} · {escape(result_set.model)} · protocol {result_set.digest}", ""]
        part_results = judge(result_set, claims)
        groups = [list(g) for _, g in groupby(part_results, key=lambda o: (o.claim.id, sorted(o.labels.items())))]
        run = [group for group in groups if overall(part_result.verdict for part_result in group) != NOT_RUN]
        lines += [*table(HEADER, map(_row, run), len(HEADER)), ""]
        if missing := sorted({group[0].claim.id for group in groups} - {group[0].claim.id for group in run}):
            lines += [f"**{NOT_RUN}** (no records): {escape(', '.join(missing))}", ""]
    lines += [
        "*Verdicts: a two-sided t-test of left - factor × right, paired over seeds (against a constant: one sample), "
        'Holm over the whole table, 5%. "holds": significant and on the claimed side, or the same in every seed, '
        'which leaves nothing to test; "does not hold": the mean is on the other side; "undecided": fewer than '
        "three pairs, missing pairs, or not significant. A claim of several parts holds if all parts do.*",
        "",
        *(f"- {escape(claim.id)}: {escape(claim.source)}" for claim in claims if any(map(claim.concerns, result_sets))),
        "",
    ]
    return lines


def _row(group: Sequence[PartResult]) -> list[str]:
    claim = group[0].claim
    verdict = overall(part_result.verdict for part_result in group)
    notes = sorted({part_result.note for part_result in group if part_result.note and part_result.verdict == verdict})
    return [
        f"{escape(claim.id)}: {escape(claim.text)}",
        escape(", ".join(group[0].labels.values())) or "–",
        "; ".join(map(_measured, group)),
        "; ".join(str(part_result.test.n) for part_result in group),
        "; ".join(_p(part_result.test.p) for part_result in group),
        "; ".join(_p(part_result.p) for part_result in group),
        f"**{verdict}**" + (f" ({escape(', '.join(notes))})" if notes else ""),
    ]


def _p(p: float | None) -> str:
    return "–" if p is None else p_value(p)


def _measured(part_result: PartResult) -> str:
    part = part_result.part
    bare = None if part_result.right is None else part_result.right / part.factor
    left, right = ("?" if value is None else f"{value:.4g}" for value in (part_result.left, bare))
    factor = "" if part.factor == 1 else f"{part.factor:g} × "
    return f"{escape(part.left.metric)} {left} {part.relation} {factor}{right}"
