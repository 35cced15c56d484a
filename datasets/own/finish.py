"""Puts what was read together, and says what may be wrong with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ...core.errors import UserError
from ...core.interactions import Interactions
from ..reading.bad_rows import BadRows
from ..reading.batch import mask
from ..sequences.assemble import Choice, assemble
from ..sequences.log import Ids, Sequences
from ..sequences.side import Side
from .config import ORDER, FolderConfig
from .events import Found

MISSING = frozenset(
    [
        "#n/a",
        "#n/a n/a",
        "#na",
        "-1.#ind",
        "-1.#qnan",
        "-nan",
        "1.#ind",
        "1.#qnan",
        "<na>",
        "n/a",
        "na",
        "nan",
        "none",
        "null",
        "\\n",
        "undefined",
        "unknown",
        "-",
    ]
)
"""Words that often stand for a missing value, in small letters: pandas' list and some more."""
WHOLE = r"^0*([0-9]+?)(\.0+)?$"
"""Ids that are a whole number, perhaps with zeros before or behind it."""
ROUNDED = r"^[0-9]\.?[0-9]*E\+[0-9]+$"
"""Ids that a spreadsheet has rounded."""
HEAVY, FEW = 0.1, 20
"""Share of the events that one of at least so many ids should not have."""
TIED = 0.05
ALONE = 1 / 3


def first_categories(side: Side, column: str, separator: str) -> Side:
    """Return a side whose categories are the first ones of each field."""
    if not separator:
        return side
    text = side.columns[column]
    first = pc.utf8_trim_whitespace(pc.list_element(pc.split_pattern(text, separator, max_splits=1), 0))
    return replace(side, columns={**side.columns, column: first.cast(pa.string())})


def finish(
    name: str,
    found: Found,
    sides: Mapping[str, Side],
    files: Mapping[str, Path],
    category: str | Choice,
    config: FolderConfig,
    bad: BadRows,
    time: str,
    narrow: Callable[[Side, Sequence[str]], Side] | None = None,
) -> Interactions:
    """Build the data set; ``info`` has what was left out and what may be wrong.

    Args:
        name: Its name.
        found: The events.
        sides: What is known about ``users`` and ``items``.
        files: Files that say so, by the same names.
        category: Column of the items' category, or how to choose it; empty: none.
        config: Its options.
        bad: What was bad.
        time: Column that orders the events.
        narrow: Leaves users' columns out, as :func:`.assemble` has it.

    Raises:
        UserError: If no user is left, or a file about users or items has no id of the log.
    """
    told = []
    for key, path in files.items():
        if key in sides:
            told += _check_ids(path, sides[key], found.log.user_ids if key == "users" else found.log.item_ids, key)
    order = "the file's order" if time == ORDER else f"{time}, ties in the file's order"
    data, sequences = assemble(
        name,
        found.log,
        users=sides.get("users"),
        items=sides.get("items"),
        category=category,
        narrow=narrow,
        title=config.title if config.texts else "",
        minimums=(config.min_user_interactions, config.min_item_interactions),
        rules=config,
        info={
            "licence": config.licence,
            "source": config.source,
            "ordered_by": f"the given split ({', '.join(config.split)}), then {order}" if config.split else order,
            "events": found.counts,
            **bad.facts(),
        },
    )
    facts = {}
    if time != ORDER:
        facts["ties"] = (
            f"{sequences.tied_events:,} of {len(data.items):,} events share user and time with another; for "
            f"{sequences.tied_users:,} of {data.n_users:,} users the file's order decides the last item"
        )
    told += [] if config.published else _words(data)
    if told := [*told, *_warnings(data, found, sequences, time)]:
        facts["warnings"] = "\n".join(told)
    return replace(data, info={**data.info, **facts})


def _check_ids(path: Path, side: Side, ids: Sequence[str] | NDArray[np.int64], key: str) -> list[str]:
    """Return a warning if most of a file's ids are not in the log, and most of the log's not in the file.

    Raises:
        UserError: If none is.
    """
    known = side.knows(ids)
    shared, there = int(known.sum()), len(side.ids)
    if 2 * shared > len(ids) or 2 * shared > there:
        return []
    missing = np.ones(there, bool)
    missing[side.rows([str(i) for i, k in zip(ids, known, strict=True) if k])] = False
    example = f"{str(side.ids[int(missing.argmax())])!r} there, {str(ids[int(known.argmin())])!r} in the log"
    asked = f"{example}; are {key} written in two ways, or is another column the one of the ids?"
    if not shared:
        raise UserError(f"none of the {there:,} ids in {path} is in the log, which has {len(ids):,}: {asked}")
    return [f"only {shared:,} of the {there:,} ids in {path.name} are in the log, which has {len(ids):,}: {asked}"]


def _warnings(data: Interactions, found: Found, sequences: Sequences, time: str) -> list[str]:
    told = []
    for what, codes, ids in (
        ("user", found.log.users, found.log.user_ids),
        ("item", found.log.items, found.log.item_ids),
    ):
        told += [*_heavy(codes, ids, what), *_written(ids, what)]
    if found.one_time:
        told.append(
            f"all events have one time, {found.one_time}, so that the file's order alone decides; did a spreadsheet "
            "round the times?"
        )
    elif time != ORDER and sequences.tied_users > TIED * data.n_users:
        told.append(
            f"for {sequences.tied_users / data.n_users:.0%} of the users the last item is decided by the file's order "
            "among equal times; sort the log by what came first, or take times of a finer unit."
        )
    sizes = np.bincount(data.categories[1:], minlength=len(data.category_names) + 1)[1:]
    alone = int((sizes == 1).sum())
    if alone > ALONE * len(sizes):
        told.append(
            f"{alone:,} of the {len(sizes):,} categories hold one item, which an attack cannot replace by one of its "
            f"own category; if a field holds several categories, e.g. {data.category_names[0]!r}, set "
            "category_separator."
        )
    return told


def _heavy(codes: NDArray[np.integer], ids: Ids, what: str) -> list[str]:
    """Return warnings of ids with too many events, and of words that may stand for a missing one."""
    counts = np.bincount(codes, minlength=len(ids))
    told = []
    for code in np.argsort(-counts, kind="stable")[:3].tolist():
        share = counts[code] / len(codes)
        if share > HEAVY and len(ids) >= FEW:
            told.append(f"{what} {str(ids[code])!r} has {share:.0%} of all events; is it one {what}?")
    words = [] if isinstance(ids, np.ndarray) else [(n, k) for k, n in enumerate(ids) if n.lower() in MISSING]
    for word, code in words:
        if counts[code]:
            told.append(
                f"{counts[code]:,} events ({counts[code] / len(codes):.0%}) have the {what} {word!r}; if that stands "
                f"for a missing one, set missing = [{json.dumps(word)}] and skip_bad_rows."
            )
    return told


def _written(ids: Ids, what: str) -> list[str]:
    """Return warnings of ids that are there twice, as 1 and 1.0 or 7 and 007, and of those that were rounded."""
    if isinstance(ids, np.ndarray):
        return []
    told, texts = [], pa.array(ids, pa.string())
    short = pc.replace_substring_regex(texts, WHOLE, r"\1")
    twice = np.flatnonzero(mask(pc.and_(pc.not_equal(short, texts), pc.is_in(short, value_set=texts))))
    if len(twice):
        one, other = texts[int(twice[0])].as_py(), short[int(twice[0])].as_py()
        pairs = f"{other!r} and {one!r}" + (f" and {len(twice) - 1:,} more pairs" if len(twice) > 1 else "")
        told.append(f"{what} ids {pairs} differ in how a number is written; is each pair one {what}?")
    rounded = texts.filter(pc.match_substring_regex(texts, ROUNDED))
    if len(rounded):
        told.append(f"{what} ids such as {rounded[0].as_py()!r} ({len(rounded):,}) look rounded by a spreadsheet.")
    return told


def _words(data: Interactions) -> list[str]:
    """Return a warning of each value of an attribute or category that may stand for a missing one."""
    coded = [("users", "attribute", name, a.codes, a.values) for name, a in data.attributes.items()]
    coded.append(("items", "category", data.info.get("category", ""), data.categories[1:], data.category_names))
    return [
        f"{kind} {name} is {word!r} for {int((codes == code).sum()):,} of {len(codes):,} {what}; if that stands for a "
        f"missing one, set missing = [{json.dumps(word)}]."
        for what, kind, name, codes, values in coded
        for code, word in enumerate(values, 1)
        if word.lower() in MISSING
    ]
