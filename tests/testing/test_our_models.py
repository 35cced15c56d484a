from rbench.models.sasrec import SASRec
from rbench.testing import ModelContract


class TestSASRec(ModelContract):
    model = SASRec
    options = {"hidden_size": 32, "inner_size": 32, "max_length": 32}


class TestDeepSASRecWithDropout(ModelContract):
    model = SASRec
    options = {
        "n_layers": 2,
        "n_heads": 2,
        "hidden_size": 32,
        "inner_size": 64,
        "dropout": 0.1,
        "hidden_act": "gelu",
        "max_length": 32,
    }
    schedule = {"epochs": 24}
