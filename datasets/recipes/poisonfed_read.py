"""Reads files of lines ``user item item ...``, one for training and one for testing, and checks how they were split."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...core.errors import UserError
from ...core.interactions import Interactions
from ..sequences.assemble import assemble
from ..sequences.event_rules import EventRules
from ..sequences.log import Log
from ..sequences.repeats import unrepeated

PARTS = 5
"""Of a user's n interactions the last n // 5 are for testing."""
DIGITS = 9


@dataclass(frozen=True, eq=False)
class Parts:
    """Both files' rows; a user's are together, those for training first.

    Attributes:
        users: int64 ``[rows]``; the user's index.
        items: int64 ``[rows]``; the item's index.
        testing: bool ``[rows]``; whether the row is of the second file.
    """

    users: NDArray[np.int64]
    items: NDArray[np.int64]
    testing: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class _Row:
    line: int
    items: list[int]


def read_parts(files: Mapping[str, Path]) -> Parts:
    """Read ``train`` and ``test``.

    Raises:
        UserError: If a line is malformed, the files do not have the same users, or a user's items for testing
            are not as many as :data:`PARTS` says.
    """
    train, test = _rows(files["train"], least=1), _rows(files["test"], least=0)
    for user, row in test.items():
        if user not in train:
            raise UserError(f"{files['test']}, line {row.line}: user {user} is not in {files['train'].name}.")
    for user, row in train.items():
        if user not in test:
            raise UserError(
                f"{files['train']}, line {row.line}: user {user} is not in {files['test'].name}; "
                "is that only the beginning of the file?"
            )
        held, n = len(test[user].items), len(row.items) + len(test[user].items)
        if held != n // PARTS:
            raise UserError(
                f"{files['test']}, line {test[user].line}: user {user} has {held} of {n} interactions for testing, "
                f"not a fifth, which is {n // PARTS}; do {files['train'].name} and it belong together?"
            )
    pairs = [(len(row.items), len(test[user].items)) for user, row in train.items()]
    lengths = np.array(pairs, np.int64).reshape(-1, 2)
    items = [item for user, row in train.items() for item in (*row.items, *test[user].items)]
    return Parts(
        users=np.repeat(np.array([*train], np.int64), lengths.sum(1)),
        items=np.array(items, np.int64),
        testing=np.repeat(np.tile([False, True], len(lengths)), lengths.ravel()),
    )


def assembled(
    name: str, parts: Parts, minimums: tuple[int, int], as_released: bool, info: Mapping[str, str]
) -> Interactions:
    """Build the data set; the indices are the ids.

    Args:
        name: Its name.
        parts: Its rows.
        minimums: Fewest interactions of a user and of an item.
        as_released: Whether repeated rows stay.
        info: Facts for people; how often rows repeat, and what the split is, are added.

    Raises:
        UserError: If no user is left.
    """
    user_ids, users = np.unique(parts.users, return_inverse=True)
    item_ids, items = np.unique(parts.items, return_inverse=True)
    told = repeats(parts)
    rule = f"the last n // {PARTS} of a user's n interactions"
    found, _ = assemble(
        name,
        Log(users, items, np.arange(len(users)), user_ids, item_ids),
        minimums=minimums,
        rules=EventRules(duplicates="all" if as_released else "first"),
        info={
            **info,
            "ordered_by": "the files' order, training before testing; no times are given",
            "repeats": told or "none",
        },
    )
    same = (as_released or not told) and len(found.items) == len(items)
    split = f"{rule}, as released" if same else f"{rule} that are left; other than released"
    return replace(found, info={**found.info, "testing": split})


def repeats(parts: Parts) -> str:
    """Return, in words, how often rows repeat each other; empty where none does."""
    once = _firsts(parts.users, parts.items)
    if once.all():
        return ""
    training = ~parts.testing
    twice = parts.users[training][~_firsts(parts.users[training], parts.items[training])]
    # In both files: among the different rows of each file, those that come a second time.
    per_file = np.empty(len(once), bool)
    for rows in (training, parts.testing):
        per_file[rows] = _firsts(parts.users[rows], parts.items[rows])
    both = int(per_file.sum() - once.sum())
    return (
        f"{int((~once).sum()):,} rows repeat an earlier one; users with such rows in the file for training: "
        f"{len(np.unique(twice)):,}; pairs of user and item in both files: {both:,}"
    )


def _firsts(users: NDArray[np.int64], items: NDArray[np.int64]) -> NDArray[np.bool_]:
    return unrepeated(users, items, np.arange(len(users)), "first")


def _rows(path: Path, least: int) -> dict[int, _Row]:
    """Return each user's line, with at least as many items."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error
    if not raw:
        raise UserError(f"{path} is empty.")
    found: dict[int, _Row] = {}
    lines = raw.split(b"\n")
    for number, text in enumerate(lines[:-1], 1):
        fields = text.split()
        if not fields:
            raise UserError(f"{path}, line {number}: is empty; there should be a user and items.")
        if not b"".join(fields).isdigit() or max(map(len, fields)) > DIGITS:
            raise UserError(f"{path}, line {number}: {_why(text)}.")
        user, *items = map(int, fields)
        if len(items) < least:
            raise UserError(f"{path}, line {number}: user {user} has no items.")
        if user in found:
            raise UserError(f"{path}, line {number}: user {user} occurs a second time, after line {found[user].line}.")
        found[user] = _Row(number, items)
    if lines[-1]:
        raise UserError(f"{path}, line {len(lines)}: has no end; is that only the beginning of the file?")
    return found


def _why(text: bytes) -> str:
    """Return what is wrong with the first bad field of a line."""
    try:
        fields = text.decode().split()
    except UnicodeDecodeError:
        return "holds bytes that are not UTF-8"
    for place, field in enumerate(fields):
        what = "item" if place else "user"
        if re.fullmatch(r"-[0-9]+", field):
            return f"{what} {field!r} is negative"
        if not re.fullmatch(r"[0-9]+", field):
            return f"{what} {field[:40]!r} is not a whole number"
        if len(field) > DIGITS:
            return f"{what} {field[:40]!r} is too large"
    return "is malformed"
