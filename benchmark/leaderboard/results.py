"""What a folder of records holds, for notebooks: frames of numbers, cells and verdicts, and tables."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core.errors import UserError, unknown
from ...core.records.record import Cell, Record
from .. import scenarios
from ..tables.result_sets import ResultSet, protocol_digest
from ..tables.table import Table
from . import build, frames
from .aggregate import Aggregated, aggregate
from .claims import Claim, load
from .compare import ResultsComparison, compare, differing
from .render import FORMATS
from .render.cells import flat, written
from .report import records_of
from .summary import summary_text

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class ResultsTable:
    """One of the leaderboard's tables: ``print`` shows it, and notebooks do.

    Attributes:
        data: The table, whose cells hold numbers, intervals and text.
    """

    data: Table

    def render(self, form: str) -> str:
        """Return it in a format of ``rbench report --format``: terminal, markdown, csv, latex or json.

        Raises:
            UserError: If there is no such format.
        """
        if form not in FORMATS:
            raise unknown("format", form, FORMATS)
        return FORMATS[form]([self.data])

    def frame(self) -> pd.DataFrame:
        """Return its numbers, and text where a cell has none, by the columns' headers."""
        import pandas as pd

        rows = [[cell.text if cell.number is None else cell.number for cell in row] for row in self.data.rows]
        return pd.DataFrame(rows, columns=[column.header for column in self.data.columns])

    def __repr__(self) -> str:
        return self.render("terminal").rstrip("\n")

    def _repr_html_(self) -> str:
        import pandas as pd

        rows = [[written(cell, flat) for cell in row] for row in self.data.rows]
        return str(pd.DataFrame(rows, columns=[column.header for column in self.data.columns]).to_html(index=False))


class Results:
    """The records of one folder, and what follows from them.

    Args:
        records: The records.
        name: What they are called in messages and comparisons, e.g. their folder.

    Attributes:
        records: One for each cell, with all that explains its numbers.
        name: As above.
    """

    def __init__(self, records: Iterable[Record], name: str) -> None:
        self.records, self.name = list(records), name

    @classmethod
    def of(cls, directory: str | Path) -> Results:
        """Read ``directory/records/*.json``.

        Raises:
            UserError: If there are no records, or one cannot be read.
        """
        folder = Path(directory).expanduser()
        return cls(records_of(folder), str(directory))

    @cached_property
    def aggregated(self) -> Aggregated:
        """Records sorted into result sets (one protocol, data set and model), each with its numbers.

        Raises:
            UserError: If records contradict each other.
        """
        return aggregate(self.records)

    @property
    def failed(self) -> list[Record]:
        """Records of cells that could not be finished; ``error`` says why."""
        return [record for record in self.records if record.status == "failed"]

    @property
    def protocols(self) -> dict[str, Mapping[str, Any]]:
        """Whatever must agree before two numbers may be compared, by the eight digits that tell it apart."""
        return {protocol_digest(record.protocol): record.protocol for record in self.records}

    def numbers(self, protocol: str | None = None) -> pd.DataFrame:
        """Return the numbers of leaderboard.csv, not rounded: a row a number.

        Columns: ``dataset``, ``model``, ``attack``, ``mode``, ``defense``; ``audience``, the users that the number is
        about (``all``, ``target``, ``non-target``); ``metric`` (``rbench list metrics`` has units); ``n_seeds``,
        ``mean``, ``std`` (n - 1) and the 95% interval ``ci_low`` to ``ci_high`` over seeds, which stays inside what the
        metric can be; ``scale``, on which all of these are (of a ratio the mean is geometric, and ``std`` that of its
        natural logarithm); ``baseline``,
        what the row is compared with (``clean`` in the same mode, ``local``, or empty); of that comparison ``p_value``
        (two-sided, paired by seed), ``p_adjusted`` (Holm over the column) and ``effect_size`` (Cohen's d_z).
        Where there is no number, NaN. The row ``(chance)`` is a random ranking.

        Args:
            protocol: Digits of the protocol; to be given where one data set and model come under several.

        Raises:
            UserError: If it is not given then, or unknown.
        """
        return frames.numbers(self._of(protocol))

    def cells(self) -> pd.DataFrame:
        """Return a row a cell, those that failed too.

        Columns, first: ``dataset``, ``model``, ``attack``, ``mode``, ``defense``, ``seed``; ``status`` (``done`` or
        ``failed``) and ``error``; ``protocol``, eight digits that must agree before numbers may be compared; ``aim``,
        whom the attack aims at (``all``, ``group``, None for the baselines). Then the attack's options as
        ``attack.<option>``; every metric under its name, in the unit of ``rbench list metrics``, and for the audience
        and the others as ``<metric>:target`` and ``<metric>:non-target``; and the ids of the stages that led to the
        cell as ``stage.<role>``, which ``rbench why`` explains. NaN or None where a cell has nothing of the kind.
        """
        return frames.cells(self.records)

    def table(self, name: str = "summary", *, dataset: str | None = None, model: str | None = None) -> ResultsTable:
        """Return one of the leaderboard's tables.

        Args:
            name: Which: ``summary``, ``claims``, or one of the scenario's, e.g. ``global``.
            dataset: Of which data set; may be left out where there is one.
            model: Of which model; may be left out where there is one.

        Raises:
            UserError: If there is no such table, or several.
        """
        found = [
            (result_set, numbers)
            for result_set, numbers in self.aggregated
            if dataset in (None, result_set.dataset) and model in (None, result_set.model)
        ]
        if len(found) != 1:
            held = "; ".join(f"dataset={s.dataset!r}, model={s.model!r}" for s, _ in found or self.aggregated)
            raise UserError(f"table {name!r}: {'several' if found else 'none'} of that name in {self.name}: {held}.")
        tables = {table.name: table for table in build.tables(*found[0])}
        if name not in tables:
            raise unknown("table", name, tables)
        return ResultsTable(tables[name])

    def claims(self, claims: Sequence[Claim] | None = None) -> pd.DataFrame:
        """Return what became of the claims that the papers make: a row a part of a claim.

        Columns: ``dataset``, ``model``; ``claim``, its id, and ``labels``, the attacks and defenses that it was judged
        for; ``left``, ``relation``, ``right``, in words; ``left_mean`` and ``right_mean``, over seeds, the factor
        included; ``n_seeds``; ``p_value`` (two-sided, paired by seed) and ``p_adjusted`` (Holm over all parts of a
        data set and model); ``detectable``, the smallest difference, or factor of a ratio, that the test would find
        with a power of 80%; ``verdict`` of the part and ``claim_verdict`` of all parts together (``holds``,
        ``refuted``, ``undecided``, ``not run``); ``note``, why; ``text`` and ``source`` of the claim.

        Args:
            claims: Those to be judged; by default all that come with rbench.
        """
        judged = load() if claims is None else claims
        return frames.claims([result_set for result_set, _ in self.aggregated], judged)

    def compare(self, other: Results | Path | str) -> ResultsComparison:
        """Compare with others, or those of a folder: cells paired by seed, differences being the others' minus these.

        Raises:
            UserError: If the two follow different protocols, or have no cell in common.
        """
        other = other if isinstance(other, Results) else Results.of(Path(other))
        names = (self.name, other.name if other.name != self.name else f"{other.name} (again)")
        return compare([s for s, _ in self.aggregated], [s for s, _ in other.aggregated], names)

    def __repr__(self) -> str:
        return "\n".join([self._facts(), *(failure(record.cell, record.error) for record in self.failed)])

    def __str__(self) -> str:
        tables = (f"{found.dataset} · {found.model}\n{summary_text(found, own)}" for found, own in self.aggregated)
        return "\n\n".join([repr(self), *tables])

    def _repr_html_(self) -> str:
        parts = [f"<p>{html.escape(line)}</p>" for line in repr(self).splitlines()]
        for result_set, numbers in self.aggregated:
            parts.append(f"<h4>{html.escape(f'{result_set.dataset} · {result_set.model}')}</h4>")
            parts.append(ResultsTable(scenarios.get(result_set.scenario).summary(result_set, numbers))._repr_html_())
        return "\n".join(parts)

    def _facts(self) -> str:
        done = len(self.records) - len(self.failed)
        what = sorted({f"{record.cell.dataset} · {record.cell.model}" for record in self.records})
        seeds = ", ".join(map(str, sorted({record.cell.seed for record in self.records})))
        protocols = f", {len(self.protocols)} protocols" if len(self.protocols) > 1 else ""
        return f"{self.name}: {done} cells done, {len(self.failed)} failed; {', '.join(what)}; seeds {seeds}{protocols}"

    def _of(self, protocol: str | None) -> Aggregated:
        """Return the result sets of one protocol, or all where none come under two."""
        if protocol is not None:
            if protocol not in self.protocols:
                raise unknown("protocol", protocol, self.protocols)
            return [pair for pair in self.aggregated if pair[0].digest == protocol]
        by_place: dict[tuple[str, str], ResultSet] = {}
        for result_set, _ in self.aggregated:
            other = by_place.setdefault((result_set.dataset, result_set.model), result_set)
            if other is not result_set:
                names = (other.digest, result_set.digest)
                raise UserError(
                    f"{result_set.dataset} · {result_set.model} comes under several protocols in {self.name}; choose "
                    f"one, protocol={names[0]!r} or {names[1]!r}: "
                    f"{'; '.join(differing(other.protocol, result_set.protocol, names))}."
                )
        return self.aggregated


def failure(cell: Cell, reason: str | None) -> str:
    """Return on a line which cell failed, and why."""
    sentence = reason and reason.replace("UserError: ", "", 1)  # a sentence for the user needs no class
    return f"FAILED {cell.dataset} {cell.attack} {cell.mode} {cell.defense} seed {cell.seed}: {sentence}"
