"""``make gpu``: a small grid and two speeds on CUDA and on the CPU, and whether their numbers agree.

Not a pytest benchmark: it says what it found and returns 1 if a number is outside its tolerance. Training draws
dropout on the device, so that two trainings differ as two seeds do; ranking one model draws nothing.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

RANKED_ALIKE = 0.99
"""Share of the places in top-ten lists that must hold the same item on both devices, for one model."""
ACCURACY = 0.05
"""By how much HR@10 of two trainings may differ, a fraction of users."""
EXPOSURE = 15.0
"""By how much HIT@5 of two trainings may differ, in percent."""
SIZES = {"n_layers": 2, "n_heads": 2, "hidden_size": 64, "inner_size": 256}
DEVICES = ("cpu", "cuda")


def speeds(device: str, epochs: int):
    """Return positions trained a second, users ranked a second, the model and its top-ten lists."""
    import torch

    from rbench import datasets
    from rbench.models.sasrec import SASRec, SASRecConfig
    from rbench.models.sequential.settings import PromptConfig, RankConfig, Schedule
    from rbench.models.sequential.victim import Victim

    torch.set_num_threads(1)  # as stages do
    data = datasets.resolve("ml-100k").open().load()
    ends: list[float] = []

    def ended(fraction: float) -> None:
        if device == "cuda":
            torch.cuda.synchronize()
        ends.append(time.perf_counter())

    schedule = Schedule(loss="softmax", epochs=epochs + 1, eval_every=epochs + 1, batch_size=128, eval_users=1)
    config = SASRecConfig(**SIZES, max_length=50)
    victim = Victim(SASRec, config, {"train": schedule}, PromptConfig(), RankConfig(), device, ended)
    trained, log = victim.train(data, schedule, 0)
    trained_a_second = log["labels"] * epochs / (ends[-1] - ends[0])
    victim.rank(trained, data)
    began = time.perf_counter()
    for _ in range(3):
        ranking = victim.rank(trained, data)
    return trained_a_second, 3 * data.n_users / (time.perf_counter() - began), victim, trained, data, ranking


def grid(device: str, folder: Path):
    """Return HR@10 and HIT@5 of each cell of a small grid, by attack and mode."""
    import rbench

    results = rbench.run(
        attacks="bra",
        modes=["direct", "ft"],
        defenses="none",
        datasets="checkerboard",
        seeds=1,
        device=device,
        executor="serial",
        display="none",
        store=folder / f"store-{device}",
        out=folder / f"out-{device}",
    )
    assert not results.failed, results.failed
    found = {}
    for record in results.records:
        metrics = record.metrics["all"]
        found[record.cell.attack, record.cell.mode] = metrics["HR@10"], metrics["HIT@5"]
    return found


def main() -> int:
    """Run the check."""
    import torch

    if not torch.cuda.is_available():
        print("make gpu: torch sees no CUDA device on this machine, so nothing was measured or compared.")
        return 0
    wrong = []
    print(f"torch {torch.__version__}, {torch.cuda.get_device_name()}")
    for device, epochs in (("cpu", 2), ("cuda", 10)):
        trained, ranked, victim, model, data, ranking = speeds(device, epochs)
        print(f"{device}: {trained:,.0f} positions trained a second, {ranked:,.0f} users ranked a second")
        if device == "cpu":
            from dataclasses import replace

            other = replace(victim, device="cuda").rank(model, data)
            alike = float(np.mean(other.items[:, :10] == ranking.items[:, :10]))
            print(f"one model ranked on both: {100 * alike:.2f}% of the places in top-ten lists hold the same item")
            if alike < RANKED_ALIKE:
                wrong.append(f"top-ten lists agree in {alike:.4f} of their places, wanted {RANKED_ALIKE}")
    with tempfile.TemporaryDirectory() as folder:
        cells = {device: grid(device, Path(folder)) for device in DEVICES}
    for cell, (hr, hit) in cells["cpu"].items():
        other_hr, other_hit = cells["cuda"][cell]
        name = " ".join(cell)
        print(f"{name}: HR@10 {hr:.3f} on the CPU, {other_hr:.3f} on CUDA; HIT@5 {hit:.1f} and {other_hit:.1f} %")
        if abs(hr - other_hr) > ACCURACY:
            wrong.append(f"{name}: HR@10 differs by {abs(hr - other_hr):.3f}, allowed are {ACCURACY}")
        if abs(hit - other_hit) > EXPOSURE:
            wrong.append(f"{name}: HIT@5 differs by {abs(hit - other_hit):.1f}, allowed are {EXPOSURE}")
    for line in wrong:
        print(f"WRONG: {line}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
