from rbench.benchmark.scenarios.federated.scenario import FederatedScenario
from rbench.benchmark.scenarios.pretrained.scenario import PretrainedScenario
from rbench.testing import ScenarioContract


class TestPretrainedScenario(ScenarioContract):
    scenario = PretrainedScenario
    attacks = ("bra", "pea")
    options = {
        "checkerboard.users": 60,
        "checkerboard.items": 24,
        "checkerboard.longest": 10,
        "train.epochs": 2,
        "finetune.epochs": 1,
        "prompttune.epochs": 1,
        "sasrec.hidden_size": 8,
    }


class TestFederatedScenario(ScenarioContract):
    scenario = FederatedScenario
    attacks = ("a-ra",)
    defenses = ("none", "median")
    options = {
        "checkerboard.users": 60,
        "federation.epochs": 2,
        "a-ra.malicious": 0.05,
    }
