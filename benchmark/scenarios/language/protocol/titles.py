"""Titles that a text recommender can be asked about."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence

from .....core.errors import UserError
from .....core.interactions import Interactions

LONGEST = 1000
"""Characters of a title."""


def check_texts(data: Interactions, likes: bool) -> None:
    """Refuse data that no text recommender can read.

    Args:
        data: The data.
        likes: Whether it must say what users liked, too.

    Raises:
        UserError: If a title is missing, too long, or holds control characters, if all are equal, or if nothing says
            what users liked, or that they liked everything or nothing.
    """
    if not data.titles:
        raise UserError(
            f"data set {data.name} has no titles, which this scenario reads; of files of your own, "
            f'--set {data.name}.title=COLUMN or title = "COLUMN" in rbench.toml names the column that has them.'
        )
    for item, title in zip(data.item_ids, data.titles, strict=True):
        if problem := _problem(title):
            raise UserError(f"data set {data.name}: the title of item {item!r} {problem}.")
    most = Counter(map(str.lower, data.titles)).most_common(1)[0]
    if most[1] == data.n_items > 1:
        raise UserError(f"data set {data.name}: every item has the title {data.titles[0]!r}; is it the right column?")
    if likes and data.liked is None:
        raise UserError(
            f"data set {data.name} does not say what users liked, which tallrec-yesno learns; of files of your own, "
            f'--set {data.name}.rating=COLUMN or rating = "COLUMN" in rbench.toml names the column of ratings, and '
            "like_from the lowest rating that is a like."
        )
    if likes and data.liked is not None and (data.liked.all() or not data.liked.any()):
        raise UserError(
            f"data set {data.name}: users liked {'everything' if data.liked.any() else 'nothing'}, so that "
            f"tallrec-yesno has nothing to tell apart; of files of your own, --set {data.name}.like_from=RATING names "
            "the lowest rating that is a like."
        )


def _problem(title: str) -> str:
    if all(unicodedata.category(c) in ("Cf", "Zl", "Zp", "Zs") for c in title):
        return "is empty"
    if len(title) > LONGEST:
        return f"has {len(title):,} characters; {LONGEST:,} are allowed"
    wrong = next((c for c in title if unicodedata.category(c) in ("Cc", "Cs")), None)
    return "" if wrong is None else f"holds the control character U+{ord(wrong):04X}"


def alike(one: str, two: str) -> bool:
    """Whether one of two titles, both in small letters, contains the other: an answer that names one names both."""
    return one in two or two in one


def apart(rows: Sequence[int], small: Sequence[str]) -> bool:
    """Whether no title contains another.

    Args:
        rows: The titles' rows.
        small: Every title in small letters, by row.
    """
    return not any(alike(small[one], small[two]) for k, one in enumerate(rows) for two in rows[:k])
