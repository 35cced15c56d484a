"""Lists in words: the templates, and the tokens of prompts and answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .....core.text.lists import UNLABELLED, Lists

TEMPLATES = Path(__file__).parent / "templates"
YES, NO = "Yes.", "No."
Piece = tuple[str, int]
"""Text, and the item whose embedding follows it, 0 for none."""


@dataclass(frozen=True)
class Sample:
    """One prompt.

    Attributes:
        prompt: Its pieces.
        answer: The right answer; empty where it is not known.
        row: Which list it is from.
        place: Which candidate it is about; -1 if it is about all.
    """

    prompt: tuple[Piece, ...]
    answer: str
    row: int
    place: int


def samples_of(lists: Lists, yes_or_no: bool, with_items: bool, labelled: bool) -> list[Sample]:
    """Return the prompts that lists come to: one each, or where a victim says Yes or No one a candidate.

    Args:
        lists: The lists.
        yes_or_no: Which template.
        with_items: Whether an item's embedding follows each title.
        labelled: Whether candidates without a label are left out.
    """
    name = "yesno" if yes_or_no else "choose"
    template = (TEMPLATES / f"{name}.txt").read_text("utf-8")
    found = []
    for n in range(len(lists)):
        seen = [(row, like) for row, like in zip(lists.history[n], lists.liked[n], strict=True) if row]
        candidates = [(k, row) for k, row in enumerate(lists.candidates[n].tolist()) if row]
        if not yes_or_no:
            fields = {
                "history": _titles(lists, [row for row, _ in seen], with_items),
                "candidates": _titles(lists, [row for _, row in candidates], with_items),
            }
            right = lists.titles[lists.candidates[n, lists.answers[n]]] + "\n"
            found.append(Sample(_filled(template, fields), right, n, -1))
            continue
        fields = {
            "liked": _titles(lists, [row for row, like in seen if like], with_items),
            "disliked": _titles(lists, [row for row, like in seen if not like], with_items),
        }
        for place, row in candidates:
            label = int(lists.labels[n, place])
            if labelled and label == UNLABELLED:
                continue
            target = {"target": _titles(lists, [row], with_items)}
            found.append(Sample(_filled(template, fields | target), YES if label == 1 else NO, n, place))
    return found


def tokens_of(pieces: Sequence[Piece], tokenizer: Any, marker: int) -> tuple[list[int], list[int]]:
    """Return tokens, a marker standing for each item, and for every token the item it stands for, 0 for none."""
    tokens: list[int] = []
    items: list[int] = []
    for text, item in pieces:
        own = tokenizer(text, add_special_tokens=False)["input_ids"] if text else []
        tokens += own
        items += [0] * len(own)
        if item:
            tokens.append(marker)
            items.append(item)
    return tokens, items


def named(answer: str, titles: Sequence[str]) -> int:
    """Return the place of the one title that an answer names, -1 if it names none or several.

    As in LLaRA's code: the first line in small letters holds the title in small letters.
    """
    line = answer.strip().split("\n")[0].lower()
    found = [k for k, title in enumerate(titles) if title.lower() in line]
    return found[0] if len(found) == 1 else -1


def _titles(lists: Lists, rows: Sequence[int], with_items: bool) -> list[Piece]:
    """Return quoted titles with commas between them."""
    found: list[Piece] = []
    for k, row in enumerate(rows):
        comma = ", " if k else ""
        found.append((f'{comma}"{lists.titles[row]}"', int(lists.items[row]) if with_items else 0))
    return found or [("none", 0)]


def _filled(template: str, fields: dict[str, list[Piece]]) -> tuple[Piece, ...]:
    """Return a template's text with fields in it; text between two items is one piece, spelt as a whole."""
    found: list[Piece] = []
    rest = template
    while rest:
        text, brace, rest = rest.partition("{")
        found.append((text, 0))
        if brace:
            name, _, rest = rest.partition("}")
            found += fields[name]
    merged: list[Piece] = []
    for text, item in found:
        if merged and not merged[-1][1]:
            merged[-1] = (merged[-1][0] + text, item)
        else:
            merged.append((text, item))
    return tuple(merged)
