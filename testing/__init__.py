"""Contract tests for methods of every kind: a method's own test is three lines.

    class TestMyAttack(rbench.testing.AttackContract):
        attack = MyAttack
        options = {"rate": 0.3}

Each contract trains small models on the checkerboard, a second or less a class. It needs pytest,
which comes with ``rbench[dev]``; nothing in rbench itself imports this package.
"""

from .attack import AttackContract
from .contract import ConfiguredContract, Contract
from .dataset import DatasetContract
from .defense import DetectorContract, RepairContract
from .executor import ExecutorContract
from .federated.aggregator import AggregatorContract
from .federated.attack import FederatedAttackContract
from .federated.model import FederatedModelContract
from .language.text_model import TextModelContract
from .language.text_repair import TextRepairContract
from .language.title_attack import TitleAttackContract
from .language.title_scanner import TitleScannerContract
from .mode import ModeContract
from .model import ModelContract
from .scan import ScanContract
from .scenario import ScenarioContract
from .serving import ServingContract

__all__ = [
    "AggregatorContract",
    "AttackContract",
    "ConfiguredContract",
    "Contract",
    "DatasetContract",
    "DetectorContract",
    "ExecutorContract",
    "FederatedAttackContract",
    "FederatedModelContract",
    "ModeContract",
    "ModelContract",
    "RepairContract",
    "ScanContract",
    "ScenarioContract",
    "ServingContract",
    "TextModelContract",
    "TextRepairContract",
    "TitleAttackContract",
    "TitleScannerContract",
]
