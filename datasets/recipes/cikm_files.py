"""The raw files of both tracks of the CIKM Cup 2019 (EComm AI), which differ in names, columns and separators.

*efficient user interests retrieval*: user.csv, item.csv and user_behavior.csv, commas, no header;
times are seconds from an unnamed beginning. *user behavior diversities prediction*: files whose
names end in _user_feature, _item_feature and _train, tabs, no header; times are days (20190610).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ..reading.numbered import Kind, Layout, columns, first_line


@dataclass(frozen=True)
class Track:
    """One track's files.

    Attributes:
        name: Which one.
        files: End of each file's name by role.
        user: dict[str, Kind] of the users' file.
        item: dict[str, Kind] of the items' file.
        actions: This track's words for click, buy, cart and favourite.
        usual: Attributes to use where none are named.
    """

    name: str
    files: dict[str, str]
    user: dict[str, Kind]
    item: dict[str, Kind]
    actions: dict[str, str]
    usual: tuple[str, ...]


LOG = columns("user:number item:number action:text time:number")
RETRIEVAL = Track(
    "efficient user interests retrieval",
    {"users": "user", "items": "item", "log": "user_behavior"},
    columns("user:number gender:text age:text power:text"),
    columns("item:number category:text shop:text brand:text"),
    {"click": "pv", "buy": "buy", "cart": "cart", "favourite": "fav"},
    ("gender", "age", "power"),
)
DIVERSITY = Track(
    "user behavior diversities prediction",
    {"users": "_user_feature", "items": "_item_feature", "log": "_train"},
    columns("user:number gender:text age:text education:text career:text income:text stage:text"),
    columns("item:number top_category:text category:text brand:text price:skip"),
    {"click": "clk", "buy": "buy", "cart": "cart", "favourite": "collect"},
    ("gender", "age", "education", "career"),
)
TRACKS = (RETRIEVAL, DIVERSITY)


def find_track(folder: Path) -> tuple[Track, dict[str, Path]] | None:
    """Return the track whose files the folder holds, and the files by role; None where there is not one of each."""
    names = sorted(path.name for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []
    for track in TRACKS:
        found = {}
        for role, end in track.files.items():
            start = "^" if track is RETRIEVAL else ""
            fitting = [name for name in names if re.search(rf"{start}{end}(\.csv|\.txt|\.tsv)?(\.gz)?$", name)]
            if len(fitting) == 1:
                found[role] = folder / fitting[0]
        if len(found) == len(track.files):
            return track, found
    return None


def layout(path: Path, names: dict[str, Kind]) -> Layout:
    """Return the file's layout, its separator being a tab if the first line holds one."""
    return Layout(names, "\t" if "\t" in first_line(path) else ",")


def plain_age(age: str) -> str:
    """Return the lower end of an age given as a range: [18,20] becomes 18, >=60 becomes 60; others as they are."""
    found = re.fullmatch(r"(?:>=\s*|\[\s*)([0-9]+)(?:\s*,\s*[0-9]+\s*\])?", age)
    return found[1] if found else age
