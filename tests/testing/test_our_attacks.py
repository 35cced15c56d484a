from rbench.attacks.federated.a_hum import AHum
from rbench.attacks.federated.a_ra import ARa
from rbench.attacks.federated.eb import EB
from rbench.attacks.federated.ra import RA
from rbench.attacks.pretrained.bra import BRA
from rbench.attacks.pretrained.bra_group import BRAGroup
from rbench.attacks.pretrained.bra_trigger import BRATrigger
from rbench.attacks.pretrained.fake_alternating import FakeAlternating
from rbench.attacks.pretrained.fake_bandwagon import FakeBandwagon
from rbench.attacks.pretrained.fake_random import FakeRandom
from rbench.attacks.pretrained.fake_segment import FakeSegment
from rbench.attacks.pretrained.pea import PEA
from rbench.attacks.pretrained.pea_joint import PEAJoint
from rbench.testing import AttackContract, FederatedAttackContract


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
    options = {"evade": ("alignment", "prompt-probe", "history-probe"), "evasion": 0.1}
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


class TestEB(FederatedAttackContract):
    attack = EB


class TestRA(FederatedAttackContract):
    attack = RA
    lifts = False
