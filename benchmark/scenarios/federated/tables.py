"""Tables of the federated scenario: exposure in full, attacks against aggregators, every target's end."""

from __future__ import annotations

from collections.abc import Iterable

from ....core.record import Record
from ...tables.captions import HOLM, seeds, targets
from ...tables.formats import NONE, interval
from ...tables.markdown import escape, table
from ...tables.number import CHANCE, Numbers, against_clean, mean
from ...tables.result_sets import ResultSet, RowKey
from .metrics import ACCURACY, LENGTHS


def summary(result_set: ResultSet, numbers: Numbers) -> tuple[list[str], list[list[str]]]:
    """Return the header and the rows, names unescaped."""
    header = ["attack", "aggregator", "ER@5", "ER@10", "ER@5 peak", "ER@5 floor", "recall@20", "NDCG@20", "Δrecall@20"]
    rows = []
    for key in (*result_set.rows, CHANCE):
        name = "chance" if key is CHANCE else key.attack
        shown = ("ER@5", "ER@10", "ER@5 peak", "ER@5 floor", *ACCURACY)
        rows.append([name, _aggregator(key), *(mean(numbers, key, "all", m, 3) for m in shown), _change(numbers, key)])
    return header, rows


def tables(result_set: ResultSet, numbers: Numbers) -> list[str]:
    """Return all tables, each under its heading and over its caption."""
    lines = ["### Exposure", "", *_exposure(result_set, numbers), "", *_caption(result_set)]
    if len({key.defense for key in result_set.rows}) > 1:
        lines += ["### Attacks against aggregators", "", *_matrix(result_set, numbers)]
    if rows := _spread(result_set):
        lines += ["### Every target", "", *rows]
    return lines


def clients(records: Iterable[Record]) -> str:
    """Return how many malicious clients there were, in words."""
    counts = sorted({record.log["measure"]["clients"]["malicious"] for record in records})
    return f"; malicious clients: {' or '.join(map(str, counts))}"


def _exposure(result_set: ResultSet, numbers: Numbers) -> list[str]:
    ends = [f"ER@{k}" for k in LENGTHS]
    peaks = [f"ER@{k} peak" for k in LENGTHS[:2]]
    header = ["attack", "aggregator", "seeds", *ends, *peaks, "ER@5 floor", "recall@20", "NDCG@20", "Δrecall@20", "p"]
    rows = []
    for key in (*result_set.rows, CHANCE):
        name = "chance" if key is CHANCE else escape(key.attack)
        count = str(len(result_set.rows[key])) if key in result_set.rows else NONE
        values = [mean(numbers, key, "all", m, 4) for m in (*ends, *peaks, "ER@5 floor", *ACCURACY)]
        aggregator = NONE if key is CHANCE else escape(_aggregator(key))
        compared = [_change(numbers, key), against_clean(numbers, key, "all", "ER@5")]
        rows.append([name, aggregator, count, *values, *compared])
    return table(header, rows, 3)


def _matrix(result_set: ResultSet, numbers: Numbers) -> list[str]:
    attacks, aggregators = (list(dict.fromkeys(k[place] for k in result_set.rows)) for place in (0, 2))
    lines = []
    for metric, meaning in (("ER@5", "ER@5 at the end"), ("recall@20", "recall@20 at the end")):
        rows = [
            [escape(name), *(mean(numbers, RowKey(name, "direct", other), "all", metric, 3) for other in aggregators)]
            for name in attacks
        ]
        lines += [*table([meaning, *(escape(_named(a)) for a in aggregators)], rows, 1), ""]
    return lines


def _spread(result_set: ResultSet) -> list[str]:
    """Return how far end values vary over all targets and seeds, where there are several targets."""
    rows = []
    for key, records in result_set.rows.items():
        ends = [record.log["measure"]["targets"] for record in records.values()]
        found = {f"ER@{k}": sorted(v for end in ends for v in end.get(f"ER@{k}", []) if v is not None) for k in LENGTHS}
        if key.attack != "clean" and len(next(iter(found.values()))) > len(ends):
            cells = [f"{v[len(v) // 2]:.3f} ({v[0]:.3f} to {v[-1]:.3f})" if v else NONE for v in found.values()]
            rows.append([escape(key.attack), escape(_aggregator(key)), str(len(found["ER@5"])), *cells])
    if not rows:
        return []
    header = ["attack", "aggregator", "targets × seeds", *(f"ER@{k}" for k in LENGTHS)]
    return [*table(header, rows, 3), "", "*Median (lowest to highest) over every target of every seed.*", ""]


def _caption(result_set: ResultSet) -> list[str]:
    names = ("federation.epochs", "federation.clients_per_round", "federation.lr", "federation.client_loss")
    stated = "; ".join(f"{name}: {result_set.protocol[name]}" for name in (*names, "ranking", "target draw", "preset"))
    return [
        "*ER@K: share of the benign users who have not interacted with the target and have it in their top K, after "
        "the last epoch, mean over targets; peak: after the epoch where it is highest; floor: lowest from epoch 10 on. "
        "recall and NDCG: of the held-out items. Mean ± half width of the t-based 95% interval over seeds.*",
        "",
        f"*p: two-sided t-test of ER@5 against Clean without a defense, paired over seeds, {HOLM}. Δ: mean difference "
        "to it, paired by seed.*",
        "",
        f"*{seeds(result_set)} {targets(result_set)} Protocol {result_set.digest}: {escape(stated)}.*",
        "",
    ]


def _named(defense: str) -> str:
    return "sum" if defense == "none" else defense


def _aggregator(key: RowKey) -> str:
    return NONE if key is CHANCE else _named(key.defense)


def _change(numbers: Numbers, key: RowKey) -> str:
    number = numbers.get((key, "all", "recall@20", "clean"))
    return interval(number.change, 3, "+") if number else NONE
