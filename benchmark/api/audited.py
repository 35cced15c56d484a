"""What an audit found, for notebooks: frames of items, groups, accuracy, detectors and repairs, and tables."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core.artifacts import to_json
from ...core.errors import UserError
from ..leaderboard.render import markdown, terminal
from ..scenarios.pretrained.audit.tables import tables, verdict
from ..tables.table import Table

if TYPE_CHECKING:
    import pandas as pd

_ACCURACY = ("HR@10", "NDCG@10")


@dataclass(frozen=True, repr=False)
class Audit:
    """An audit of one model with one log; ``print`` shows its tables.

    Attributes:
        found: What ``audit.json`` holds.
    """

    found: Mapping[str, Any]

    @property
    def suspicious(self) -> bool:
        """Whether an item is suspicious."""
        return bool(self.found["suspicious"])

    def items(self) -> pd.DataFrame:
        """Return a row a suspicious item, the most shown first.

        Columns: ``item`` (its id in the data), ``interactions`` in the log; the share of all slots of the users' top
        ten that it takes by the model, ``slot_share``, by ``popularity`` and by the ``local`` model; and ``by`` what it
        is suspicious.
        """
        names = ("item", "interactions", "slot_share", "popularity", "local")
        rows = [[*(item[name] for name in names), ", ".join(item["by"])] for item in self.found["items"]]
        return _frame((*names, "by"), rows)

    def groups(self) -> pd.DataFrame:
        """Return a row a suspicious item and group of users to whom the model shows it.

        Columns: ``item``, ``group`` (``attribute:value``), ``users`` in it, the item's ``slot_share`` among them and
        among all ``others``, and ``expected``, the larger of what popularity and the local model give it in the group.
        """
        names = ("users", "slot_share", "others", "expected")
        rows = [
            [item["item"], group, *(own[name] for name in names)]
            for item in self.found["items"]
            for group, own in item["groups"].items()
        ]
        return _frame(("item", "group", *names), rows)

    def accuracy(self) -> pd.DataFrame:
        """Return ``HR@10`` and ``NDCG@10`` of the users' last items by ``model``, ``local`` and ``popularity``."""
        return self._table("accuracy", "model", _ACCURACY)

    def detectors(self) -> pd.DataFrame:
        """Return a row a detector: ``flagged`` items, whether it ``decides``, and which of them are ``suspicious``."""
        return self._table("detectors", "detector", ("flagged", "decides", "suspicious"))

    def repairs(self) -> pd.DataFrame:
        """Return a row a repair, ``none`` first: ``slot_share`` of all suspicious items, and accuracy.

        There is no row if nothing is suspicious: then nothing is mended.
        """
        return self._table("repairs", "repair", ("slot_share", *_ACCURACY))

    def tables(self) -> list[Table]:
        """Return what ``rbench audit`` prints."""
        return tables(self.found)

    def write(self, directory: str | os.PathLike[str]) -> None:
        """Write ``audit.json`` and ``audit.md`` into a folder.

        Raises:
            UserError: If it cannot be written.
        """
        folder = Path(directory).expanduser()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "audit.json").write_bytes(to_json(self.found))
            (folder / "audit.md").write_text(markdown.render(self.tables()), "utf-8")
        except OSError as error:
            raise UserError(f"--out {folder} cannot be written ({error.strerror}).") from error

    def _table(self, part: str, name: str, columns: Sequence[str]) -> pd.DataFrame:
        own = self.found[part]
        return _frame((name, *columns), [[label, *(row[column] for column in columns)] for label, row in own.items()])

    def __repr__(self) -> str:
        return verdict(self.found)

    def __str__(self) -> str:
        return terminal.render(self.tables(), terminal.columns()).rstrip("\n")


def _frame(columns: Iterable[str], rows: Sequence[Sequence[Any]]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(rows, columns=list(columns))
