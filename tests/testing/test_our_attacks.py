from rbench.attacks.bra import BRA
from rbench.attacks.bra_group import BRAGroup
from rbench.attacks.pea import PEA
from rbench.attacks.pea_joint import PEAJoint
from rbench.testing import AttackContract


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
