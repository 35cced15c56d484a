from rbench.attacks.federated.a_hum import AHum
from rbench.attacks.federated.a_ra import ARa
from rbench.attacks.federated.alie import Alie
from rbench.attacks.federated.eb import EB
from rbench.attacks.federated.min_max import MinMax
from rbench.attacks.federated.pieck_ipe import PieckIPE
from rbench.attacks.federated.pieck_uea import PieckUEA
from rbench.attacks.federated.ra import RA
from rbench.attacks.pretrained.bra import BRA
from rbench.attacks.pretrained.bra_group import BRAGroup
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
