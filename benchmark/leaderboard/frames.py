"""Numbers, cells and verdicts as pandas frames; ``Results`` documents their columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...core.records.record import Record
from .. import scenarios
from ..stages.setting import scenario_of
from ..tables.number import AUDIENCES
from ..tables.result_sets import ResultSet, protocol_digest
from .aggregate import Aggregated
from .claims import Claim, PartResult, Selector, judge, overall
from .tidy_csv import HEADER, values

if TYPE_CHECKING:
    import pandas as pd

_TEXTS = ("dataset", "model", "attack", "mode", "defense", "audience", "metric", "scale", "baseline")
_CELL = ("dataset", "model", "attack", "mode", "defense", "seed", "status", "error", "protocol", "aim")
_CLAIMS = (
    *("dataset", "model", "claim", "labels", "left", "relation", "right", "left_mean", "right_mean"),
    *("n_seeds", "p_value", "p_adjusted", "detectable", "verdict", "claim_verdict", "note", "text", "source"),
)


def numbers(found: Aggregated) -> pd.DataFrame:
    """Return a row a number, in the columns of leaderboard.csv."""
    import pandas as pd

    rows = [values(result_set, number) for result_set, own in found for number in own.values()]
    kinds = {name: object if name in _TEXTS else float for name in HEADER}
    return pd.DataFrame(rows, columns=HEADER).astype({**kinds, "n_seeds": int})


def cells(records: Sequence[Record]) -> pd.DataFrame:
    """Return a row a record: place and state, the attack's options, metrics, stages."""
    import pandas as pd

    rows = [_cell(record) for record in records]
    found = dict.fromkeys(name for row in rows for name in row)
    metrics = [name for name in dict.fromkeys([*_listed(records), *_measured(records)]) if name in found]
    options, stages = ([name for name in found if name.startswith(prefix)] for prefix in ("attack.", "stage."))
    frame = pd.DataFrame(rows, columns=[*_CELL, *options, *metrics, *stages])
    return frame.astype(dict.fromkeys(metrics, float))


def claims(found: Sequence[ResultSet], judged: Sequence[Claim]) -> pd.DataFrame:
    """Return a row a part of a claim, for every choice of labels."""
    import pandas as pd

    rows = [row for result_set in found for row in _verdicts(result_set, judged)]
    numeric = dict.fromkeys(("left_mean", "right_mean", "p_value", "p_adjusted", "detectable"), float)
    return pd.DataFrame(rows, columns=list(_CLAIMS)).astype(numeric)


def _cell(record: Record) -> dict[str, Any]:
    facts = {"status": record.status, "error": record.error, "protocol": protocol_digest(record.protocol)}
    row = {**vars(record.cell), **facts, "aim": record.attack_info.get("audience")}
    row |= {f"attack.{option}": value for option, value in record.attack_info.get("config", {}).items()}
    row |= {_column(name, where): value for where, own in record.metrics.items() for name, value in own.items()}
    return row | {f"stage.{role}": stage for role, stage in record.stages.items()}


def _column(metric: str, audience: str) -> str:
    return metric if audience == "all" else f"{metric}:{audience}"


def _listed(records: Sequence[Record]) -> list[str]:
    """Return the columns of all metrics of the records' scenarios, in their order, audience by audience."""
    names = dict.fromkeys(scenario_of(record.protocol) for record in records)
    metrics = [metric for name in names for metric in scenarios.get(name).metrics]
    return [_column(metric, audience) for audience in AUDIENCES for metric in metrics]


def _measured(records: Sequence[Record]) -> list[str]:
    return [_column(metric, where) for record in records for where, own in record.metrics.items() for metric in own]


def _verdicts(result_set: ResultSet, judged: Sequence[Claim]) -> list[list[Any]]:
    parts = judge(result_set, judged)
    every: dict[tuple[str, str], list[str]] = {}
    for part in parts:
        every.setdefault((part.claim.id, _labels(part)), []).append(part.verdict)
    return [
        [
            *(result_set.dataset, result_set.model, part.claim.id, _labels(part)),
            *(_side(part.part.left), part.part.relation, _side(part.part.right, part.part.factor)),
            *(part.left, part.right, part.test.n, part.test.p, part.p, part.detectable),
            *(part.verdict, overall(every[part.claim.id, _labels(part)]), part.note),
            *(part.claim.text, part.claim.source),
        ]
        for part in parts
    ]


def _labels(part: PartResult) -> str:
    return ", ".join(part.labels.values())


def _side(side: Selector | float, factor: float = 1.0) -> str:
    """Return one side of a comparison in words, e.g. ``0.8 × clean direct HR@10``."""
    if not isinstance(side, Selector):
        return f"{factor * side:g}"
    place = [side.attack, side.mode, *([side.defense] if side.defense != "none" else [])]
    whole = " ".join([*place, _column(side.metric, side.audience)])
    return whole if factor == 1 else f"{factor:g} × {whole}"
