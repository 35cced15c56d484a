"""What has to stand under a table for its numbers to mean anything."""

from __future__ import annotations

import json
from collections.abc import Iterator

from .markdown import escape, flat
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
    lines.append(f"*{_seeds(section)} {_targets(section)} Protocol {section.digest}: {_essentials(section)}.*")
    return [line for text in lines for line in (text, "")]


def protocol(section: Section) -> list[str]:
    """Return the whole protocol, the attacks' options and the software, as a block of plain lines."""
    values = ((k, v if isinstance(v, str) else json.dumps(v)) for k, v in sorted(section.protocol.items()))
    lines = [f"{key} = {value}" for key, value in values]
    lines += [f"attack {text}" for text in _attacks(section)]
    lines.append(f"software: {_versions(section)}")
    plain = [flat(line).replace("`", "'") for line in lines]
    return [f"Protocol {section.digest} in full, and how each attack was set:", "", "```text", *plain, "```", ""]


def _essentials(section: Section) -> str:
    """Return what a reader has to know at once: split, ranking, loss, length, sides, audience, targets."""
    names = ("split", "ranking", "rank.mask_history", "train.loss", "platform", "audience", "target draw", "preset")
    lengths = tuple(key for key in sorted(section.protocol) if key.endswith(".max_length"))
    found = {name: section.protocol[name] for name in (*names, *lengths) if name in section.protocol}
    return escape("; ".join(f"{name}: {value}" for name, value in found.items())) or "not stated"


def _attacks(section: Section) -> Iterator[str]:
    """Yield every attack's options and the share of labels it replaced."""
    seen = set()
    for key, row in section.rows.items():
        info = next(iter(row.values())).attack_info
        if key.attack in seen or not info.get("audience"):
            continue
        seen.add(key.attack)
        options = ", ".join(f"{name}={json.dumps(value)}" for name, value in sorted(info.get("config", {}).items()))
        rates = [record.log.get("pretrain", {}).get("poison_rate") for record in row.values()]
        known = [rate for rate in rates if rate is not None]
        share = f"; labels replaced: {100 * sum(known) / len(known):.2f}%" if known else ""
        yield f"{key.attack}: {options}{share} ({info.get('paper') or 'no source stated'})"


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
    text = "; ".join(f"{n} {' and '.join(sorted(v))}" for n, v in sorted(found.items()))
    return text or "not stated"
