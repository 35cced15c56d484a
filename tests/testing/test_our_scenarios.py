from rbench.benchmark.scenarios.federated.scenario import FederatedScenario
from rbench.benchmark.scenarios.language.scenario import LanguageScenario
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


class TestLanguageScenario(ScenarioContract):
    scenario = LanguageScenario
    attacks = ("badrec",)
    defenses = ("none", "ngram", "clean-ft")
    models = ("llara",)
    options = {
        "checkerboard.users": 40,
        "checkerboard.items": 40,
        "checkerboard.longest": 12,
        "language.history": 4,
        "language.candidates": 5,
        "embeddings.epochs": 1,
        "llara.samples": 40,
        "llara.epochs": 1,
        "llara.width": 8,
        "llara.vocabulary": 280,
        "badrec.rate": 0.1,
    }
