"""Tables of the federated scenario: exposure in full, attacks against aggregators, every target's end."""

from __future__ import annotations

from collections.abc import Iterable

from ....core.records.record import Record
from ...tables.captions import HOLM, INTERVALS, about_data, seeds, stated, targets
from ...tables.number import CHANCE, Numbers, against_clean, change, find, mean
from ...tables.result_sets import ResultSet, RowKey
from ...tables.table import NOTHING, Column, Format, Table, TableCell, count, text
from .metrics import AIM, DETECTION, SIDES, Lengths

_WHOSE = dict(zip(SIDES, ("the audience", "all others"), strict=True))


def summary(result_set: ResultSet, numbers: Numbers) -> Table:
    """Return exposure and accuracy, a row an attack and aggregator."""
    at = Lengths.of(result_set.protocol)
    first = at.ends[0]
    shown = (*at.ends[:2], f"{first} peak", f"{first} floor", at.recall, at.ndcg)
    aimed = any(find(numbers, key, "all", "lambda") for key in result_set.rows)
    rows = [
        (
            text(_attack(key)),
            text("–") if key is CHANCE else _aggregator(key),
            *(mean(numbers, key, "all", metric, 3) for metric in shown),
            change(numbers, key, "all", at.recall, "clean", 3),
            *([mean(numbers, key, side, first, 3) for side in SIDES] if aimed else []),
            *([mean(numbers, key, "all", "lambda", 1)] if aimed else []),
        )
        for key in (*result_set.rows, CHANCE)
    ]
    reading = (
        "ER@K: share of the benign users who have not interacted with the target item and have it in their top K, "
        "after the last epoch; peak: after the epoch where it is highest; floor: lowest from epoch 10 on. "
        f"{at.recall}, NDCG@{at.accuracy}: of the held-out items; Δ: change against Clean without a defense. "
        f"Malicious clients are in no metric. {INTERVALS} A seed is a mean over its draws of targets."
    )
    columns = [*_labels("attack", "aggregator"), *_columns(at, shown), _delta(at)]
    if aimed:
        columns += [Column(f"{side} {first}", meaning=f"{first} of {whose}") for side, whose in _WHOSE.items()]
        columns.append(Column("λ", meaning=AIM["lambda"].meaning))
        reading += " λ: how much more often the audience is exposed than the others, over all lengths of list."
    about = (*result_set.rows, CHANCE)
    return Table("summary", "In short", tuple(columns), tuple(rows), keys=2, caption=(reading,), about=about)


def tables(result_set: ResultSet, numbers: Numbers) -> list[Table]:
    """Return all tables: ``exposure``, ``aggregators``, ``aggregators-accuracy``, ``detection``, ``targets``."""
    at = Lengths.of(result_set.protocol)
    found = [_exposure(result_set, numbers, at)]
    if len({key.defense for key in result_set.rows}) > 1:
        found += [
            _matrix(result_set, numbers, "aggregators", at.ends[0]),
            _matrix(result_set, numbers, "aggregators-accuracy", at.recall),
        ]
    detection = _detection(result_set, numbers)
    found += [detection] if detection.rows else []
    spread = _spread(result_set, at)
    return [*found, spread] if spread.rows else found


def clients(records: Iterable[Record]) -> str:
    """Return how many malicious clients there were, in words."""
    counts = sorted({record.log["measure"]["clients"]["malicious"] for record in records})
    return f"; malicious clients: {' or '.join(map(str, counts))}"


def _exposure(result_set: ResultSet, numbers: Numbers, at: Lengths) -> Table:
    peaks = [f"{end} peak" for end in at.ends[:2]]
    shown = (*at.ends, *peaks, f"{at.ends[0]} floor", at.recall, at.ndcg)
    rows = [
        (
            text(_attack(key)),
            _aggregator(key),
            count(len(result_set.rows[key])) if key in result_set.rows else NOTHING,
            *(mean(numbers, key, "all", metric, 4) for metric in shown),
            change(numbers, key, "all", at.recall, "clean", 3),
            against_clean(numbers, key, "all", at.ends[0]),
        )
        for key in (*result_set.rows, CHANCE)
    ]
    p = Column("p", meaning=f"{at.ends[0]} against Clean, paired by seed, adjusted over the column")
    columns = (*_labels("attack", "aggregator", "seeds"), *_columns(at, shown), _delta(at), p)
    said, about = _caption(result_set, at), (*result_set.rows, CHANCE)
    return Table("exposure", "Exposure", columns, tuple(rows), keys=2, caption=said, about=about)


def _matrix(result_set: ResultSet, numbers: Numbers, name: str, metric: str) -> Table:
    attacks, aggregators = (list(dict.fromkeys(key[place] for key in result_set.rows)) for place in (0, 2))
    rows = [
        (text(attack), *(mean(numbers, RowKey(attack, "direct", other), "all", metric, 3) for other in aggregators))
        for attack in attacks
    ]
    columns = (*_labels(f"{metric} at the end"), *(Column(_named(aggregator)) for aggregator in aggregators))
    return Table(name, "Attacks against aggregators", columns, tuple(rows))


def _detection(result_set: ResultSet, numbers: Numbers) -> Table:
    """Return how well aggregators that say whom they distrust find the malicious clients."""
    rows = [
        (text(key.attack), _aggregator(key), *(mean(numbers, key, "all", metric, 3) for metric in DETECTION))
        for key in result_set.rows
        if find(numbers, key, "all", "client false alarms")
    ]
    columns = [Column(name.removeprefix("client "), unit=m.unit, meaning=m.meaning) for name, m in DETECTION.items()]
    caption = (
        "How well flags of an aggregator find malicious clients, each counted in every round that selects it; AP: "
        "average precision of its scores, mean over the rounds with a malicious client. Aggregators that say nothing "
        f"of clients are left out. {INTERVALS}",
    )
    headed = (*_labels("attack", "aggregator"), *columns)
    return Table("detection", "Malicious clients", headed, tuple(rows), keys=2, caption=caption)


def _spread(result_set: ResultSet, at: Lengths) -> Table:
    """Return how far end values vary over all targets and seeds, where there are several targets."""
    rows = []
    for key, records in result_set.rows.items():
        ends = [record.log["measure"]["targets"] for record in records.values()]
        found = [sorted(v for end in ends for v in end.get(name, []) if v is not None) for name in at.ends]
        if key.attack != "clean" and len(found[0]) > len(ends):
            rows.append((text(key.attack), _aggregator(key), count(len(found[0])), *map(_median, found)))
    columns = (*_labels("attack", "aggregator", "targets × seeds"), *_columns(at, at.ends))
    caption = ("Median (lowest to highest) over every target of every seed.",)
    return Table("targets", "Every target", columns, tuple(rows), keys=2, caption=caption)


def _median(ordered: list[float]) -> TableCell:
    if not ordered:
        return NOTHING
    return TableCell(ordered[len(ordered) // 2], ordered[0], ordered[-1], len(ordered), format=Format(3, style="range"))


def _caption(result_set: ResultSet, at: Lengths) -> tuple[str, ...]:
    names = ("federation.epochs", "federation.clients_per_round", "federation.lr", "federation.client_loss")
    essentials, data = stated(result_set, (*names, "ranking", "target draw", "preset")), about_data(result_set)
    return (
        "ER@K: share of the benign users who have not interacted with the target and have it in their top K, after "
        "the last epoch, mean over targets; peak: after the epoch where it is highest; floor: lowest from epoch 10 on. "
        f"recall and NDCG: of the held-out items. {INTERVALS}",
        f"p: two-sided t-test of {at.ends[0]} against Clean without a defense, paired over seeds, {HOLM}. Δ: mean "
        "difference to it, paired by seed.",
        f"{seeds(result_set)} {targets(result_set)} {f'{data} ' if data else ''}"
        f"Protocol {result_set.digest}: {essentials}.",
    )


def _labels(*headers: str) -> list[Column]:
    return [Column(header, "left") for header in headers]


def _columns(at: Lengths, shown: Iterable[str]) -> list[Column]:
    metrics = at.metrics()
    return [
        Column(name.removeprefix("accuracy "), unit=metrics[name].unit, meaning=metrics[name].meaning) for name in shown
    ]


def _delta(at: Lengths) -> Column:
    return Column(f"Δ{at.recall}", unit="fraction", meaning="difference to Clean without a defense")


def _attack(key: RowKey) -> str:
    return "chance" if key is CHANCE else key.attack


def _named(defense: str) -> str:
    return "sum" if defense == "none" else defense


def _aggregator(key: RowKey) -> TableCell:
    return NOTHING if key is CHANCE else text(_named(key.defense))
