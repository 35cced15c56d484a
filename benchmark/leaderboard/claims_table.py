"""The claims and what became of them, as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from ..tables.formats import p_value
from ..tables.markdown import escape, table
from ..tables.result_sets import Section
from .claims import NOT_RUN, Claim, Outcome, judge, overall

HEADER = ("claim", "labels", "measured", "seeds", "p", "adjusted p", "verdict")


def claims_table(sections: Sequence[Section], claims: Sequence[Claim]) -> list[str]:
    """Return one table of claims a section, with a caption."""
    lines: list[str] = []
    for section in sections:
        lines += [f"### {escape(section.dataset)} · {escape(section.model)} · protocol {section.digest}", ""]
        outcomes = judge(section, claims)
        groups = [list(g) for _, g in groupby(outcomes, key=lambda o: (o.claim.id, sorted(o.labels.items())))]
        run = [group for group in groups if overall(outcome.verdict for outcome in group) != NOT_RUN]
        lines += [*table(HEADER, map(_row, run), len(HEADER)), ""]
        if missing := sorted({group[0].claim.id for group in groups} - {group[0].claim.id for group in run}):
            lines += [f"**{NOT_RUN}** (no records): {escape(', '.join(missing))}", ""]
    lines += [
        "*Verdicts: a two-sided t-test of left - factor × right, paired over seeds (against a constant: one sample), "
        'Holm over the whole table, 5%. "holds": significant and on the claimed side, or the same in every seed, '
        'which leaves nothing to test; "does not hold": the mean is on the other side; "undecided": fewer than '
        "three pairs, missing pairs, or not significant. A claim of several parts holds if all parts do.*",
        "",
        *(f"- {escape(claim.id)}: {escape(claim.source)}" for claim in claims if any(map(claim.concerns, sections))),
        "",
    ]
    return lines


def _row(group: Sequence[Outcome]) -> list[str]:
    claim = group[0].claim
    verdict = overall(outcome.verdict for outcome in group)
    notes = sorted({outcome.note for outcome in group if outcome.note and outcome.verdict == verdict})
    return [
        f"{escape(claim.id)}: {escape(claim.text)}",
        escape(", ".join(group[0].labels.values())) or "–",
        "; ".join(map(_measured, group)),
        "; ".join(str(outcome.test.n) for outcome in group),
        "; ".join(_p(outcome.test.p) for outcome in group),
        "; ".join(_p(outcome.p) for outcome in group),
        f"**{verdict}**" + (f" ({escape(', '.join(notes))})" if notes else ""),
    ]


def _p(p: float | None) -> str:
    return "–" if p is None else p_value(p)


def _measured(outcome: Outcome) -> str:
    part = outcome.part
    bare = None if outcome.right is None else outcome.right / part.factor
    left, right = ("?" if value is None else f"{value:.4g}" for value in (outcome.left, bare))
    factor = "" if part.factor == 1 else f"{part.factor:g} × "
    return f"{escape(part.left.metric)} {left} {part.relation} {factor}{right}"
