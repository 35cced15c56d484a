"""Records of the federated scenario, summed up by its own code from trainings that are made up."""

from __future__ import annotations

from rbench.benchmark.scenarios.federated.metrics import summarise
from rbench.core.records.record import Cell, Record

PROTOCOL = {
    "scenario": "federated",
    "federation.epochs": 12,
    "federation.exposure_at": [5, 10, 20, 30],
    "federation.accuracy_at": 20,
    "preset": "default",
}


def trained(seed, strength, exposure_at, accuracy_at):
    """Return what a simulation of two targets returns: exposure that rises with the epochs and the list's length."""
    epochs = [
        {
            **{f"ER@{k}": [strength * epoch * k / 400 + seed / 100, strength * epoch * k / 500] for k in exposure_at},
            f"recall@{accuracy_at}": 0.3 + epoch / 100 - strength / 20 + seed / 1000,
            f"NDCG@{accuracy_at}": 0.2 + epoch / 100,
            "loss": 0.7 - epoch / 100,
        }
        for epoch in range(12)
    ]
    chance = {**{f"ER@{k}": [k / 1000] * 2 for k in exposure_at}, f"recall@{accuracy_at}": accuracy_at / 1000}
    return {"epochs": epochs, "chance": chance, "clients": {"malicious": 3}}


DETECTION = {"precision": 0.5, "recall": 0.25, "F1": 1 / 3, "false alarms": 0.01, "average precision": 0.75}


def record(attack="clean", defense="none", seed=0, strength=0.0, protocol=PROTOCOL):
    """Return one record; the protocol's lengths are those that were measured."""
    lengths = protocol["federation.exposure_at"], protocol["federation.accuracy_at"]
    training = trained(seed, strength, *lengths)
    if defense == "krum":  # an aggregator that says whom it distrusts; nobody is malicious in a clean training
        nobody = {} if attack != "clean" else dict.fromkeys(("precision", "recall", "F1", "average precision"))
        training["detection"] = DETECTION | nobody
    values, log = summarise([training])
    info = {"audience": None if attack == "clean" else "all", "config": {}, "paper": "IJCAI 2022"}
    cell = Cell("d", "ncf", attack, "direct", defense, seed)
    targets = [{"item": str(i), "popularity": i} for i in (1, 2)]
    return Record(cell, "done", protocol, attack_info=info, targets=targets, log={"measure": log}, **values)


def grid(protocol=PROTOCOL):
    """Return no attack and one, under the sum and under the median, three seeds."""
    rows = [("clean", "none", 0.0), ("clean", "median", 0.0), ("a-ra", "none", 1.0), ("a-ra", "median", 0.1)]
    return [record(a, d, seed, s + seed / 50 * (s > 0), protocol) for a, d, s in rows for seed in range(3)]
