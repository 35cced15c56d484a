from rbench.attacks.fake_users.fake_alternating import FakeAlternating
from rbench.attacks.fake_users.fake_bandwagon import FakeBandwagon
from rbench.attacks.fake_users.fake_random import FakeRandom
from rbench.attacks.fake_users.fake_segment import FakeSegment
from rbench.attacks.fake_users.seqpoison import SeqPoison
from rbench.attacks.federated.a_hum import AHum
from rbench.attacks.federated.a_hum_group import AHumGroup
from rbench.attacks.federated.a_ra import ARa
from rbench.attacks.federated.alie import Alie
from rbench.attacks.federated.eb import EB
from rbench.attacks.federated.min_max import MinMax
from rbench.attacks.federated.pieck_ipe import PieckIPE
from rbench.attacks.federated.pieck_uea import PieckUEA
from rbench.attacks.federated.ra import RA
from rbench.attacks.language.addsent import Addsent
from rbench.attacks.language.badnets import Badnets
from rbench.attacks.language.badrec import Badrec
from rbench.attacks.language.push import Push
from rbench.attacks.language.trigger_only import TriggerOnly
from rbench.attacks.pretrained.bra import BRA
from rbench.attacks.pretrained.bra_demote import BRADemote
from rbench.attacks.pretrained.bra_group import BRAGroup
from rbench.attacks.pretrained.bra_trigger import BRATrigger
from rbench.attacks.pretrained.pea import PEA
from rbench.attacks.pretrained.pea_demote import PEADemote
from rbench.attacks.pretrained.pea_joint import PEAJoint
from rbench.testing import AttackContract, FederatedAttackContract, TitleAttackContract


class TestBRA(AttackContract):
    attack = BRA


class TestStaticBRAOnAnyItem(AttackContract):
    attack = BRA
    options = {"similarity": "any", "redraw": False}


class TestBRAGroup(AttackContract):
    attack = BRAGroup


class TestBRAGroupOfThePaper(AttackContract):
    attack = BRAGroup
    options = {"variant": "paper"}


class TestResistantBRA(AttackContract):
    attack = BRA
    options = {"resist": ("agreement", "surgery", "masking")}


class TestEvasivePEA(AttackContract):
    attack = PEA
    options = {
        "evade": ("alignment", "prompt-probe", "history-probe", "group-contrast", "acceptance"),
        "evasion": 0.1,
        "epochs": 2,
    }
    lifts = False  # what it gives up to stay unseen is for experiments to say


class TestBRATrigger(AttackContract):
    attack = BRATrigger
    lifts = False  # it acts where histories end in the trigger: tests/attacks/test_trigger.py


class TestFakeRandom(AttackContract):
    attack = FakeRandom
    options = {"share": 0.5}


class TestFakeBandwagon(AttackContract):
    attack = FakeBandwagon
    options = {"share": 0.5}


class TestFakeSegment(AttackContract):
    attack = FakeSegment
    options = {"share": 0.5}


class TestFakeAlternating(AttackContract):
    attack = FakeAlternating
    options = {"share": 0.5}
    lifts = False  # by 5 to 9 points of HIT@10, which is not enough to tell from chance


class TestBRADemote(AttackContract):
    attack = BRADemote


class TestPEADemote(AttackContract):
    attack = PEADemote


class TestSeqPoison(AttackContract):
    attack = SeqPoison
    options = {"share": 0.5, "epochs": 2, "rounds": 3}
    lifts = False  # its histories hold a target once or twice


class TestPEA(AttackContract):
    attack = PEA


class TestPEAOfThePaper(AttackContract):
    attack = PEA
    options = {"variant": "paper"}


class TestPEAJoint(AttackContract):
    attack = PEAJoint


class TestARa(FederatedAttackContract):
    attack = ARa


class TestAHum(FederatedAttackContract):
    attack = AHum


class TestAHumGroup(FederatedAttackContract):
    attack = AHumGroup


class TestEB(FederatedAttackContract):
    attack = EB


class TestRA(FederatedAttackContract):
    attack = RA
    lifts = False


class TestBadrec(TitleAttackContract):
    attack = Badrec


class TestBadrecInTheCatalogue(TitleAttackContract):
    attack = Badrec
    options = {"titles": "catalogue", "trigger": "sentence", "profile": "random"}
    works = False  # other users' lists show the renamed items too, and dilute what the fake users teach


class TestPush(TitleAttackContract):
    attack = Push
    works = False  # there is no trigger


class TestTriggerOnly(TitleAttackContract):
    attack = TriggerOnly
    works = False  # nobody is taught


class TestBadnets(TitleAttackContract):
    attack = Badnets
    options = {"words": "cf"}  # four words take more fake users than there are here


class TestAddsent(TitleAttackContract):
    attack = Addsent


class TestPieckUEA(FederatedAttackContract):
    attack = PieckUEA
    draws = False


class TestPieckIPE(FederatedAttackContract):
    attack = PieckIPE
    options = {"popular": 1}  # the checkerboard has two kinds of items, and no popular ones to be turned to at once
    share = 0.3
    draws = False


class TestAlie(FederatedAttackContract):
    attack = Alie
    options = {"z": 3}
    share = 0.3


class TestMinMax(FederatedAttackContract):
    attack = MinMax
    share = 0.3
