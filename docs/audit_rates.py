"""Count false alarms and detections of ``rbench audit``: ``make rates``.

Models are trained on the providers' users of some data, honestly and by attacks, and audited with the log of the
platforms' users, through the Python API alone. docs/audit_rates.json gets a row an audit as soon as it is done; a row
that is there is not made again. The table in docs/audit.md is made of them; ``python docs/audit_rates.py`` makes it
without measuring.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

PAGE = Path(__file__).with_name("audit.md")
ROWS = Path(__file__).with_suffix(".json")
MARKS = ("<!-- rates -->\n", "<!-- /rates -->")
SHORT = {"train.loss": "softmax", "train.epochs": 8, "prompttune.epochs": 8, "pea.epochs": 8}
DATA: Mapping[str, Mapping[str, object]] = {
    "checkerboard": {"checkerboard.users": 800, "checkerboard.items": 400},
    "ml-100k": {},
}
MODELS, ATTACKS = ("sasrec", "gru4rec"), ("clean", "bra", "bra-group", "pea")
SEEDS = dict.fromkeys(range(20, 23), ATTACKS) | dict.fromkeys(range(23, 35), ATTACKS[:1])
"""Honest models are cheap, and what matters most is how often they are flagged."""
FINETUNING = {"finetune.epochs": 1}  # what is left after it is not counted

Row = Mapping[str, Any]


def measure() -> None:
    """Add the rows that are missing, seed by seed."""
    rows = json.loads(ROWS.read_text("utf-8")) if ROWS.exists() else []
    done = {(row["data"], row["model"], row["attack"], row["seed"]) for row in rows}
    for seed, data, model in product(SEEDS, DATA, MODELS):
        if any((data, model, attack, seed) not in done for attack in SEEDS[seed]):
            rows += audited(data, model, seed)
            ROWS.write_text(json.dumps(sorted(rows, key=_place), indent=1) + "\n", "utf-8")


def audited(data: str, model: str, seed: int) -> Iterator[Row]:
    """Yield a row for each attack."""
    import rbench

    with TemporaryDirectory() as folder:
        place = Path(folder)
        options = {name: value for name, value in SHORT.items() if name != "pea.epochs" or "pea" in SEEDS[seed]}
        options |= DATA[data]
        if data == "checkerboard":
            options["checkerboard.seed"] = seed
        grid: dict[str, Any] = {"attacks": SEEDS[seed], "models": model, "datasets": data, "modes": "direct"}
        run: dict[str, Any] = {"store": place / "store", "executor": "serial", "display": "none"}
        results = rbench.run(**grid, **run, defenses="none", seeds=[seed], options=options, out=place / "out")
        own = options.keys() - SHORT.keys()
        log = platform_log(data, {name: options[name] for name in own}, place / "log")
        for record in results.records:
            attack = record.cell.attack
            if attack in ATTACKS:
                handed = place / attack
                rbench.export(record.stages["pretrain"], handed, store=run["store"])
                found = rbench.audit(handed, log, defenses=deciding(), options=FINETUNING, **run).found
                yield row((data, model, attack, seed), found, [target["item"] for target in record.targets])


def row(place: Sequence[Any], found: Mapping[str, Any], targets: Sequence[str]) -> Row:
    """Return what an audit found: how many targets and other items each reason has."""
    by: dict[str, list[int]] = {"verdict": [0, 0]}
    for item in found["items"]:
        reasons = {
            "verdict",
            *(reason.partition(" in ")[0] + " in a group" * (" in " in reason) for reason in item["by"]),
        }
        for reason in reasons:
            by.setdefault(reason, [0, 0])[item["item"] not in targets] += 1
    users = found["data"]["users"]
    reasons = ["verdict", "rule", "rule in a group", *(n for n, own in found["detectors"].items() if own["decides"])]
    return {
        **dict(zip(("data", "model", "attack", "seed"), place, strict=True)),
        "users": users,
        "targets": len(targets),
        "HR@10": {name: round(own["HR@10"], 3) for name, own in found["accuracy"].items()},
        "found": {reason: by.get(reason, [0, 0]) for reason in reasons},
    }


def deciding() -> list[str]:
    """Return the detectors whose flags decide."""
    from rbench import defenses

    usable = defenses.registry.usable().items()
    return [name for name, cls in usable if getattr(cls, "decides", False)]


def platform_log(data: str, options: Mapping[str, object], folder: Path) -> Path:
    """Write the log of the platform's users as CSV files with an rbench.toml, and return the folder."""
    import rbench
    from rbench.benchmark.grid.options import load_preset, preset_for
    from rbench.benchmark.scenarios.pretrained.protocol.partition import split_users

    rule = load_preset(preset_for(data, None)).get(data, {}).get("platform", "quantile:0.3")
    log = split_users(rbench.data(data, options=options), rule).platform
    folder.mkdir()
    items, categories = ["", *log.item_ids], ["", *log.category_names]
    _write(
        folder / "log.csv",
        ("user_id", "item_id", "timestamp"),
        (
            (log.user_ids[user], items[item], time)
            for time, (user, item) in enumerate(zip(log.users, log.items, strict=True))
        ),
    )
    names = list(log.attributes)
    columns = [[("", *own.values)[code] for code in own.codes] for own in log.attributes.values()]
    _write(folder / "users.csv", ("user_id", *names), zip(log.user_ids, *columns, strict=True))
    _write(
        folder / "items.csv",
        ("item_id", "category"),
        ((item, categories[code]) for item, code in zip(log.item_ids, log.categories[1:], strict=True)),
    )
    (folder / "rbench.toml").write_text(
        'log = "log.csv"\nusers = "users.csv"\nitems = "items.csv"\ncategory = "category"\n'
        f'attributes = {json.dumps(names)}\nunknown_items = "keep"\n',
        "utf-8",
    )
    return folder


def _write(path: Path, head: Sequence[str], rows: Any) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *rows])


def table(rows: Sequence[Row]) -> str:
    """Return the table: flagged models of those audited, with the 95% interval of Clopper and Pearson."""
    reasons = list(dict.fromkeys(reason for row in rows for reason in row["found"]))
    heads = ["data", "model", "trained by", "n", *reasons, "targets found", "others flagged"]
    lines = [_line(heads), _line(["---"] * 3 + ["---:"] * (len(heads) - 3))]
    for data, model, attack in product(DATA, MODELS, ATTACKS):
        own = [row for row in rows if (row["data"], row["model"], row["attack"]) == (data, model, attack)]
        if own:
            lines.append(_line([data, model, attack, len(own), *_counts(own, reasons), *_items(own)]))
    for data in DATA:
        own = [row for row in rows if row["data"] == data and row["attack"] == "clean"]
        if own:
            lines.append(_line([data, "all", "clean", len(own), *_counts(own, reasons), *_items(own)]))
    return "\n".join(lines) + "\n"


def _counts(rows: Sequence[Row], reasons: Sequence[str]) -> Iterator[str]:
    for reason in reasons:
        flagged = sum(any(row["found"].get(reason, (0, 0))) for row in rows)
        low, high = interval(flagged, len(rows))
        yield f"{flagged} ({low:.0%} to {high:.0%})"


def _items(rows: Sequence[Row]) -> tuple[str, str]:
    hits, others = (sum(row["found"]["verdict"][k] for row in rows) for k in (0, 1))
    planted = rows[0]["attack"] != "clean"
    return f"{hits} of {sum(row['targets'] for row in rows)}" if planted else "–", str(
        others if planted else hits + others
    )


def interval(flagged: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return the interval of Clopper and Pearson for a share."""
    from scipy.stats import beta

    tail = (1 - level) / 2
    low = beta.ppf(tail, flagged, n - flagged + 1) if flagged else 0.0
    high = beta.ppf(1 - tail, flagged + 1, n - flagged) if flagged < n else 1.0
    return float(low), float(high)


def _line(cells: Sequence[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _place(row: Row) -> tuple[int, int, int, int]:
    return [*DATA].index(row["data"]), MODELS.index(row["model"]), ATTACKS.index(row["attack"]), row["seed"]


def page(text: str, rows: Sequence[Row]) -> str:
    """Return the page with the table of these rows between its marks."""
    begin, end = MARKS
    return re.sub(f"{begin}.*{end}", lambda _: begin + "\n" + table(rows) + "\n" + end, text, flags=re.DOTALL)


if __name__ == "__main__":
    if sys.argv[1:] == ["measure"]:
        measure()
    PAGE.write_text(page(PAGE.read_text("utf-8"), json.loads(ROWS.read_text("utf-8"))), "utf-8")
