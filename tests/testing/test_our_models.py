from rbench.models.bert4rec import BERT4Rec
from rbench.models.fdsa import FDSA
from rbench.models.gru4rec import GRU4Rec
from rbench.models.gru4recf import GRU4RecF
from rbench.models.mf import MF
from rbench.models.ncf import NCF
from rbench.models.prefixes.caser import Caser
from rbench.models.prefixes.core import CORE
from rbench.models.prefixes.hrm import HRM
from rbench.models.prefixes.lightsans import LightSANs
from rbench.models.prefixes.narm import NARM
from rbench.models.prefixes.repeatnet import RepeatNet
from rbench.models.prefixes.sine import SINE
from rbench.models.prefixes.stamp import STAMP
from rbench.models.recbole import RecBole
from rbench.models.sasrec import SASRec
from rbench.models.sasrecf import SASRecF
from rbench.models.text.llara import Llara
from rbench.models.text.tallrec import Tallrec
from rbench.models.text.tallrec_yesno import TallrecYesno
from rbench.testing import FederatedModelContract, ModelContract, TextModelContract


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


class TestGRU4Rec(ModelContract):
    model = GRU4Rec
    options = {"embedding_size": 32, "hidden_size": 32, "max_length": 32, "dropout": 0.0}


class TestDeepGRU4RecWithDropout(ModelContract):
    model = GRU4Rec
    options = {"embedding_size": 32, "hidden_size": 48, "n_layers": 2, "dropout": 0.1, "max_length": 32}
    schedule = {"epochs": 24, "loss": "softmax"}


class TestGRU4RecF(ModelContract):
    model = GRU4RecF
    options = {"embedding_size": 32, "hidden_size": 32, "max_length": 32, "dropout": 0.0}


class TestSASRecF(ModelContract):
    model = SASRecF
    options = {"hidden_size": 32, "inner_size": 32, "max_length": 32}


class TestFDSA(ModelContract):
    model = FDSA
    options = {"n_layers": 2, "n_heads": 2, "hidden_size": 32, "inner_size": 32, "max_length": 32}
    schedule = {"epochs": 24, "loss": "softmax"}


class TestNARM(ModelContract):
    model = NARM
    options = {"embedding_size": 32, "hidden_size": 32, "max_length": 8}
    schedule = {"epochs": 24, "loss": "softmax"}


class TestSTAMP(ModelContract):
    model = STAMP
    options = {"embedding_size": 32, "max_length": 8}
    schedule = {"epochs": 24, "loss": "softmax"}


class TestSTAMPWithItsPadding(TestSTAMP):
    options = {"embedding_size": 32, "max_length": 8, "padding": "kept"}


class TestCaser(ModelContract):
    model = Caser
    options = {"embedding_size": 32, "max_length": 6, "dropout": 0.1}
    schedule = {"epochs": 24, "loss": "softmax"}


class TestLightSANs(ModelContract):
    model = LightSANs
    options = {"hidden_size": 32, "inner_size": 32, "dropout": 0.1, "attention_dropout": 0.1, "max_length": 8}


class TestSINE(ModelContract):
    model = SINE
    options = {"embedding_size": 32, "max_length": 6}
    schedule = {"epochs": 16, "loss": "softmax", "lr": 0.02, "batch_size": 4}


class TestHRM(ModelContract):
    model = HRM
    options = {"embedding_size": 32, "max_length": 6}
    schedule = {"epochs": 24, "loss": "softmax"}


class TestCORE(ModelContract):
    model = CORE
    options = {"embedding_size": 32, "inner_size": 32, "max_length": 8, "dropout": 0.1, "attention_dropout": 0.0}
    schedule = {"epochs": 24, "loss": "softmax"}


class TestAveragingCORE(ModelContract):
    model = CORE
    options = {"dnn_type": "ave", "embedding_size": 32, "max_length": 6}
    schedule = {"epochs": 24, "loss": "softmax"}
    learns = False  # an average knows no order


class TestRepeatNet(ModelContract):
    model = RepeatNet
    options = {"embedding_size": 32, "hidden_size": 32, "max_length": 6, "dropout": 0.0}
    schedule = {"epochs": 24, "loss": "softmax"}


class TestBERT4Rec(ModelContract):
    model = BERT4Rec
    options = {"hidden_size": 32, "inner_size": 64, "max_length": 32, "dropout": 0.0, "attention_dropout": 0.0}
    schedule = {"epochs": 4, "loss": "softmax"}
    learns = False  # it sees a fifth of the labels an epoch, and would take minutes: see models/test_cloze.py


class TestRecBoleCausal(ModelContract):
    model = RecBole
    options = {"model": "GRU4Rec", "max_length": 32, "options": "embedding_size=32+hidden_size=32+dropout_prob=0"}


class TestRecBoleByPrefixes(ModelContract):
    model = RecBole
    options = {"model": "SHAN", "max_length": 6, "options": "embedding_size=32"}
    schedule = {"epochs": 24, "loss": "softmax"}


class TestNCF(FederatedModelContract):
    model = NCF


class TestDeepNCF(FederatedModelContract):
    model = NCF
    options = {"embedding_size": 16, "hidden": [16, 8, 8], "initializer_std": 0.1}
    protocol = {"lr": 0.02}


class TestMF(FederatedModelContract):
    model = MF
    protocol = {"lr": 0.02, "client_loss": "sum"}


class TestMFWithBiases(FederatedModelContract):
    model = MF
    options = {"embedding_size": 8, "item_bias": True, "initializer_std": 0.1}
    protocol = {"lr": 0.02, "client_loss": "sum"}


SMALL = {"vocabulary": 600, "width": 32}


class TestTallrec(TextModelContract):
    model = Tallrec
    options = {**SMALL, "epochs": 3}


class TestLlara(TextModelContract):
    model = Llara
    options = SMALL


class TestTallrecYesno(TextModelContract):
    model = TallrecYesno
    options = {**SMALL, "epochs": 2}
