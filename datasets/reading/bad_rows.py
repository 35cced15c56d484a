"""Rows that make no sense: the first one is told with its line, or all are counted and left out."""

from __future__ import annotations

from pathlib import Path

from ...core.errors import UserError

SHOWN = 3


class BadRows:
    """What to do with bad rows.

    Args:
        skip: Whether to count them and go on.
    """

    def __init__(self, skip: bool) -> None:
        self.skip, self.count = skip, 0
        self._first: list[str] = []

    def add(self, path: Path, line: int, problem: str) -> None:
        """Take note of a bad row.

        Raises:
            UserError: If bad rows are not to be skipped.
        """
        told = f"{path.name}, line {line}: {problem}"
        if not self.skip:
            raise UserError(f"{path}, line {line}: {problem} (skip_bad_rows=true leaves such rows out).")
        self.count += 1
        if len(self._first) < SHOWN:
            self._first.append(told)

    def facts(self) -> dict[str, str]:
        """Return what was skipped, for people; nothing where rows may not be bad."""
        if not self.skip:
            return {}
        more = f", and {self.count - len(self._first)} more" if self.count > len(self._first) else ""
        return {"bad_rows_skipped": f"{self.count}" + (f" ({'; '.join(self._first)}{more})" if self.count else "")}
