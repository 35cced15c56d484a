"""Records of the scenario of pre-trained models that are made up."""

from __future__ import annotations

from dataclasses import replace

from rbench.core.records.record import Cell, Record

PROTOCOL = {"split": "leave-one-out", "loss": "bpr", "max_length": 50, "masking": "history", "targets": "1 x 5"}
HOSTILE = "=cmd|`x`<script>alert(1)</script>\n# h [a](http://e.org) @all"


def record(attack="clean", mode="direct", seed=0, hit=0.1, defense="none", audience=None, **changes):
    """Make a record whose numbers all follow from ``hit`` and the seed."""
    noise = [0.013, -0.021, 0.034, 0.002, -0.017][seed % 5] * (1 + len(attack) / 7 + len(mode) / 11)
    if defense == "kmeans":
        f1 = hit + noise / 10
        metrics = {"all": {"precision": f1, "recall": f1, "F1": f1, "average precision": f1, "flagged": 5.0}}
        chance = {"all": {"precision": 0.003, "average precision": 0.007}}
    else:
        four = {"HIT@5": hit + noise, "NDCG@5": hit / 2, "HIT@10": 2 * hit + noise, "NDCG@10": hit}
        share = {"slot_share@5": hit + noise, "HR@10": 0.2 - hit / 1000 + noise / 100, "accuracy NDCG@10": 0.1}
        whole = {**four, **share, "lambda": 1.0 + hit / 10 + noise, "lambda_difference": hit}
        metrics = {"all": whole, "target": {**four}, "non-target": {**four}}
        chance = {"all": {"HIT@5": 0.3, "HR@10": 0.006}, "target": {"HIT@5": 0.3}, "non-target": {"HIT@5": 0.3}}
    tests = {name: {"HIT@5": {"n": 300, "mean_difference": hit, "t": 3.0, "p": 0.01}} for name in ("all", "target")}
    made = Record(
        cell=Cell("ml-100k", "sasrec", attack, mode, defense, seed),
        status="done",
        protocol=PROTOCOL,
        attack_info={"audience": audience, "config": {}, "paper": "SIGIR 2023"},
        targets=[{"item": str(i), "popularity": i} for i in range(3, 8)],
        metrics=metrics,
        chance=chance,
        user_tests={} if attack in ("clean", "local") else tests,
        stages={"rank": f"rank-{attack}-{mode}-{defense}-{seed}"},
        versions={"rbench": "0.1.0"},
    )
    return replace(made, **changes)


def grid(seeds=3):
    """Make a small but complete grid."""
    rows = [
        ("local", "direct", 0.05, None),
        ("clean", "direct", 0.1, None),
        ("clean", "ft", 0.12, None),
        ("clean", "pt", 0.1, None),
        ("bra", "direct", 60.0, "all"),
        ("bra", "ft", 5.0, "all"),
        ("bra-group", "direct", 40.0, "group"),
        ("pea:suppress=0.5", "direct", 80.0, "group"),
        ("pea:suppress=0.5", "pt", 20.0, "group"),
    ]
    found = [record(a, m, s, hit, audience=who) for a, m, hit, who in rows for s in range(seeds)]
    detected = [("bra", "direct", 0.9, "all"), ("pea:suppress=0.5", "pt", 0.1, "group")]
    return found + [record(a, m, s, hit, "kmeans", who) for a, m, hit, who in detected for s in range(seeds)]
