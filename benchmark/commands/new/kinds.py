"""The kinds of methods that ``rbench new`` can begin."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Kind:
    """What a new method of a kind needs; its template is working code in ``templates/KIND.txt``.

    Attributes:
        methods: The kind's plural in ``rbench list``; its contracts stand in ``tests/testing/test_our_METHODS.py``.
        contract: Class in ``rbench.testing``.
        folder: Where methods of ours lie, under the package.
        grid: What to add to ``rbench run`` to try it; ``{name}`` stands for its name.
        lines: Further lines of its contract test.
        file: Its file in that folder; ``{module}`` stands for its module's name.
    """

    methods: str
    contract: str
    folder: str
    grid: str
    lines: tuple[str, ...] = ()
    file: str = "{module}.py"


CHECKERBOARD = "--datasets checkerboard"
TITLES = f"{CHECKERBOARD} --models tallrec-yesno"
DEFENDED = f"--attacks bra --defenses {{name}} --modes direct {CHECKERBOARD}"

# A kind that is added here needs a contract in rbench.testing and a template, and no more.
KINDS = {
    "attack": Kind(
        "attacks", "AttackContract", "attacks/pretrained", f"--attacks bra,{{name}} --modes direct {CHECKERBOARD}"
    ),
    "detector": Kind("defenses", "DetectorContract", "defenses/pretrained", DEFENDED),
    "scan": Kind("defenses", "ScanContract", "defenses/scans", DEFENDED),
    "repair": Kind("defenses", "RepairContract", "defenses/repairs", DEFENDED),
    "serving": Kind("defenses", "ServingContract", "defenses/serving", DEFENDED),
    "federated-attack": Kind(
        "attacks", "FederatedAttackContract", "attacks/federated", f"--attacks a-ra,{{name}} {CHECKERBOARD}"
    ),
    "aggregator": Kind(
        "defenses",
        "AggregatorContract",
        "defenses/federated",
        f"--attacks a-ra --defenses none,{{name}} {CHECKERBOARD}",
    ),
    "model": Kind(
        "models",
        "ModelContract",
        "models",
        f"--models sasrec,{{name}} --attacks bra --modes direct {CHECKERBOARD}",
        ('options = {"hidden_size": 32, "max_length": 32}', 'schedule = {"epochs": 24}'),
    ),
    "federated-model": Kind(
        "models", "FederatedModelContract", "models", f"--models ncf,{{name}} --attacks a-ra {CHECKERBOARD}"
    ),
    "title-attack": Kind("attacks", "TitleAttackContract", "attacks/language", f"--attacks badrec,{{name}} {TITLES}"),
    "title-scanner": Kind(
        "defenses",
        "TitleScannerContract",
        "defenses/language",
        f"--attacks badrec --defenses none,{{name}} {TITLES}",
    ),
    "text-repair": Kind(
        "defenses",
        "TextRepairContract",
        "defenses/language",
        f"--attacks badrec --defenses none,{{name}} {TITLES}",
    ),
    "text-model": Kind(
        "models",
        "TextModelContract",
        "models/text",
        f"--models tallrec-yesno,{{name}} --attacks badrec {CHECKERBOARD}",
        ('options = {"epochs": 8}',),
    ),
    "mode": Kind(
        "modes",
        "ModeContract",
        "benchmark/scenarios/pretrained/modes",
        f"--modes direct,{{name}} --attacks bra {CHECKERBOARD}",
    ),
    "dataset": Kind("datasets", "DatasetContract", "datasets", "--datasets {name} --attacks bra --modes direct"),
    "scenario": Kind(
        "scenarios",
        "ScenarioContract",
        "benchmark/scenarios",
        f"--attacks {{name}}-attack {CHECKERBOARD}",
        file="{module}/scenario.py",
    ),
    "executor": Kind(
        "executors",
        "ExecutorContract",
        "benchmark/run/executors",
        f"--executor {{name}} --attacks bra --modes direct {CHECKERBOARD}",
    ),
}
