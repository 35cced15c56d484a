"""What has to stand under a table for its numbers to mean anything."""

from __future__ import annotations

import json

from .markdown import escape
from .metrics import METRICS
from .sections import Section

HOLM = "Holm over the column's attacks"


def caption(section: Section, kind: str) -> list[str]:
    """Return the paragraphs under a table.

    Args:
        section: The records that the table is made from.
        kind: ``global``, ``group`` or ``detection``.
    """
    lines = [f"*{_units(kind)}*" if kind == "detection" else f"*{_units(kind)} {_ceilings(section)}*"]
    if kind != "detection":
        whom = "all users" if kind == "global" else "the target users"
        lines.append(
            f"*p: two-sided t-test of HIT@5 among {whom} against Clean in the same mode, paired over seeds, {HOLM}; "
            '"none" says why there is no test. Over users: the same test paired by user, within one seed, '
            "not adjusted. Δ: mean difference paired by seed. " + _extra(kind) + "*"
        )
    lines.append(f"*{_seeds(section)} {_targets(section)} Protocol {section.digest}: {protocol(section)}.*")
    lines.append(f"*Software: {_versions(section)}. Rebuild from the records: `rbench report DIR`.*")
    return [line for text in lines for line in (text, "")]


def protocol(section: Section) -> str:
    """Return the whole protocol as ``key=value; …``."""
    values = ((k, v if isinstance(v, str) else json.dumps(v)) for k, v in sorted(section.protocol.items()))
    return "; ".join(f"{escape(key)}={escape(value)}" for key, value in values) or "not stated"


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


def _ceilings(section: Section) -> str:
    sizes = sorted({len(r.targets) for row in section.rows.values() for r in row.values() if r.targets})
    found = [
        f"HIT@{n} {100 * min(n, size) / size:.3f}%{f' (|T| = {size})' if len(sizes) > 1 else ''}"
        for size in sizes
        for n in (5, 10)
    ]
    return f"Ceilings min(N, &#124;T&#124;)/&#124;T&#124;: {', '.join(found).replace('|', '&#124;')}." if found else ""


def _seeds(section: Section) -> str:
    seeds = sorted({seed for row in section.rows.values() for seed in row})
    return f"{len(seeds)} seed{'s' if len(seeds) != 1 else ''} ({', '.join(map(str, seeds))})."


def _targets(section: Section) -> str:
    records = [record for row in section.rows.values() for record in row.values() if record.targets]
    if not records:
        return ""
    sizes = sorted({len(record.targets) for record in records})
    counts = [target["popularity"] for record in records for target in record.targets]
    span = f"{escape(min(counts))} to {escape(max(counts))}"
    return f"{' or '.join(map(str, sizes))} target items with {span} interactions each."


def _versions(section: Section) -> str:
    found: dict[str, set[str]] = {}
    for row in section.rows.values():
        for record in row.values():
            for name, version in record.versions.items():
                found.setdefault(name, set()).add(str(version))
    text = "; ".join(f"{escape(n)} {escape(' and '.join(sorted(v)))}" for n, v in sorted(found.items()))
    return text or "not stated"
